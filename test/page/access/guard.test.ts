import { expect, test } from "vitest";
import { plannedLot } from "../../ledger/ledger-world.ts";
import { BROWSER, makePage, OPERATOR, OWN, PORT, POSTS, READER } from "../page-world.ts";

const TOKENS = { tokens: { operator: OPERATOR, reader: READER } };
const bearer = (token: string) => ({ host: BROWSER.host, authorization: `Bearer ${token}` });
const LOOKS = [
  "/",
  "/lots/L1",
  "/lots/L1/files/report.html",
  "/devices?q=a",
  "/events",
  "/healthz",
  "/metrics",
  "/manifests/x",
];
const ACTS = [
  "/manifests",
  "/manifests/x/start",
  "/manifests/x/discard",
  "/lots/L1/stop",
  "/lots/L1/resume",
  "/lots/L1/send",
];

test("a foreign Host is refused on every address, those that do not exist included", async () => {
  const { server } = await makePage();
  for (const url of [...LOOKS, "/sign-in", "/assets/page.css", "/nowhere"]) {
    for (const host of [`evil.example:${PORT}`, "127.0.0.1:1", ""]) {
      const { statusCode } = await server.inject({ url, headers: { ...BROWSER, host } });
      expect(statusCode, `${url} as ${host}`).toBe(403);
    }
  }
});

test("a post from another site is refused and does nothing, whichever header tells it", async () => {
  const { server, watch } = await makePage();
  const foreign = [
    { ...POSTS, origin: "http://evil.example" },
    { ...POSTS, origin: "null" },
    { ...POSTS, "sec-fetch-site": "cross-site" },
    { ...POSTS, "sec-fetch-site": "same-site" },
    { host: BROWSER.host },
  ];
  for (const url of [...ACTS, "/sign-in", "/sign-out"]) {
    for (const headers of foreign) {
      const { statusCode } = await server.inject({ method: "POST", url, headers });
      expect(statusCode, `${url} with ${JSON.stringify(headers)}`).toBe(403);
    }
  }
  expect(watch.asked).toEqual([]);
});

test("what another site loads into itself is refused, a link to the page is not", async () => {
  const { server } = await makePage();
  const foreign = { host: BROWSER.host, "sec-fetch-site": "cross-site" };
  expect((await server.inject({ url: "/", headers: { ...foreign, "sec-fetch-mode": "no-cors" } })).statusCode).toBe(
    403,
  );
  expect((await server.inject({ url: "/", headers: { ...foreign, "sec-fetch-mode": "navigate" } })).statusCode).toBe(
    200,
  );
});

test("on a loopback address nobody has to sign in", async () => {
  const { server, watch } = await makePage();
  expect((await server.inject({ url: "/", headers: BROWSER })).statusCode).toBe(200);
  await server.inject({ method: "POST", url: "/lots/L1/stop", headers: POSTS });
  expect(watch.asked).toEqual([["stop", "L1", { via: "page", who: "loopback", address: "127.0.0.1" }]]);
});

test("without a token nothing is shown and nothing done; a browser is led to the sign-in", async () => {
  const { server, watch, ledger } = await makePage(TOKENS);
  await plannedLot(ledger, "lot-of-acme", ["a"]);
  for (const url of LOOKS) {
    const answer = await server.inject({ url, headers: { host: BROWSER.host } });
    expect([answer.statusCode, answer.headers["www-authenticate"]], url).toEqual([401, 'Bearer realm="lotmint"']);
    expect(answer.body).not.toContain("lot-of-acme");
  }
  for (const url of ACTS)
    expect((await server.inject({ method: "POST", url, headers: POSTS })).statusCode, url).toBe(401);
  expect(watch.asked).toEqual([]);
  const { statusCode, headers } = await server.inject({ url: "/lots/L1?x=1", headers: BROWSER });
  expect([statusCode, headers.location]).toEqual([303, "/sign-in?next=%2Flots%2FL1%3Fx%3D1"]);
});

test("a wrong token is refused, and after five wrong ones even the right one has to wait", async () => {
  const { server, pass } = await makePage(TOKENS);
  const ask = async (token: string) => (await server.inject({ url: "/healthz", headers: bearer(token) })).statusCode;
  expect(await ask(OPERATOR)).toBe(200);
  for (let time = 0; time < 6; time++) expect(await ask(`${OPERATOR}x`)).toBe(401);
  const { statusCode, headers } = await server.inject({ url: "/healthz", headers: bearer(OPERATOR) });
  expect([statusCode, headers["retry-after"]]).toEqual([429, "1"]);
  pass(1001);
  expect(await ask(OPERATOR)).toBe(200);
});

test("tries by the form count as those by header do", async () => {
  const { server } = await makePage(TOKENS);
  const form = (token: string) =>
    server.inject({
      method: "POST",
      url: "/sign-in",
      headers: { ...POSTS, "content-type": "application/x-www-form-urlencoded" },
      payload: `token=${token}&next=%2F`,
    });
  for (let time = 0; time < 6; time++) expect((await form("wrong")).statusCode).toBe(401);
  expect((await form(OPERATOR)).statusCode).toBe(429);
  expect((await server.inject({ url: "/", headers: bearer(OPERATOR) })).statusCode).toBe(429);
});

test("the reader's token looks at everything and does nothing", async () => {
  const { server, watch } = await makePage(TOKENS);
  expect((await server.inject({ url: "/", headers: bearer(READER) })).statusCode).toBe(200);
  for (const url of ACTS) {
    const answer = await server.inject({ method: "POST", url, headers: bearer(READER) });
    expect([answer.statusCode, answer.body], url).toEqual([403, expect.stringMatching(/this token may look only/i)]);
  }
  expect(watch.asked).toEqual([]);
  const page = (await server.inject({ url: "/", headers: bearer(READER) })).body;
  expect(page).not.toContain('type="file"');
});

test("signing in gives a cookie that works, and signing out takes it away", async () => {
  const { server, watch } = await makePage(TOKENS);
  const sign = { ...POSTS, "content-type": "application/x-www-form-urlencoded" };
  const signedIn = await server.inject({
    method: "POST",
    url: "/sign-in",
    headers: sign,
    payload: `token=${OPERATOR}&next=%2Flots%2FA`,
  });
  expect([signedIn.statusCode, signedIn.headers.location]).toEqual([303, "/lots/A"]);
  const set = String(signedIn.headers["set-cookie"]);
  expect(set).toMatch(/^lotmint=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const cookie = set.split(";")[0] ?? "";
  expect((await server.inject({ url: "/", headers: { ...BROWSER, cookie } })).statusCode).toBe(200);
  await server.inject({ method: "POST", url: "/lots/L1/resume", headers: { ...POSTS, cookie } });
  expect(watch.asked).toEqual([["resume", "L1", { via: "page", who: "operator token", address: "127.0.0.1" }]]);
  await server.inject({ method: "POST", url: "/sign-out", headers: { ...POSTS, cookie } });
  expect((await server.inject({ url: "/healthz", headers: { host: BROWSER.host, cookie } })).statusCode).toBe(401);
});

test("a cookie does not help a post of another site", async () => {
  const { server, watch } = await makePage(TOKENS);
  const sign = { ...POSTS, "content-type": "application/x-www-form-urlencoded" };
  const { headers } = await server.inject({
    method: "POST",
    url: "/sign-in",
    headers: sign,
    payload: `token=${OPERATOR}`,
  });
  const cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
  const foreign = { ...POSTS, origin: "http://evil.example", cookie };
  expect((await server.inject({ method: "POST", url: "/lots/L1/stop", headers: foreign })).statusCode).toBe(403);
  expect(watch.asked).toEqual([]);
});

test("a program that shows a token may post without an Origin, and is told in JSON", async () => {
  const { server, watch } = await makePage(TOKENS);
  const headers = { ...bearer(OPERATOR), accept: "application/json" };
  expect((await server.inject({ method: "POST", url: "/lots/L1/send", headers })).statusCode).toBe(204);
  expect(watch.asked).toHaveLength(1);
  watch.fault = Object.assign(new Error("x"), {});
  const failed = await server.inject({ method: "POST", url: "/lots/L1/send", headers });
  expect([failed.statusCode, failed.json()]).toEqual([
    500,
    { error: "failed", message: "this is a defect of lotmint; its log says more" },
  ]);
});

test.each([
  ["//evil.example/", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example/", "/"],
  ["/sign-in?next=/", "/"],
  ["/%0d%0aset-cookie:%20a", "/%0d%0aset-cookie:%20a"],
  ["/lots/A%20B?x=1", "/lots/A%20B?x=1"],
])("after the sign-in %s leads to %s", async (next, to) => {
  const { server } = await makePage(TOKENS);
  const answer = await server.inject({
    method: "POST",
    url: "/sign-in",
    headers: { ...POSTS, "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams({ token: OPERATOR, next }).toString(),
  });
  expect([answer.statusCode, answer.headers.location]).toEqual([303, to]);
});

test("every answer forbids what a browser could be misled to, errors and files included", async () => {
  const { server } = await makePage();
  for (const url of ["/", "/nowhere", "/assets/page.js", "/healthz", "/sign-in", "/lots/none"]) {
    const { headers } = await server.inject({ url, headers: BROWSER });
    expect(headers["content-security-policy"], url).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "same-origin" });
    expect(headers["cache-control"], url).toMatch(/^no-(store|cache)$/);
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  }
  expect(OWN).toContain(String(PORT));
});
