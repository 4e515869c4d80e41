import { X509Certificate } from "node:crypto";
import type { IncomingHttpHeaders, RequestListener } from "node:http";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { DeviceIdentity } from "../../../src/platform/device/device-endpoint.ts";
import { requestDeviceToken } from "../../../src/platform/device/device-token.ts";
import { makeIssuer, pemOf } from "../../fixtures/make-issuer.ts";
import { deviceIdentity, startHttps } from "../tls-server.ts";

let identity: DeviceIdentity;
const open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  identity = deviceIdentity(await makeIssuer());
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function at(listener: RequestListener) {
  const server = await startHttps(listener);
  open.push(server.close);
  return (chainInHeader = true, more: object = {}) =>
    requestDeviceToken({ ...server.endpoint, ...more }, identity, { chainInHeader });
}

function saying(status: number, body: unknown): RequestListener {
  return (_request, response) => response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
}

test("the request is empty, without a login, with the certificate and the whole chain in the header", async () => {
  const seen: { method?: string | undefined; url?: string | undefined; headers: IncomingHttpHeaders; leaf: unknown }[] =
    [];
  const ask = await at((request, response) => {
    const leaf = (request.socket as TLSSocket).getPeerX509Certificate()?.subject;
    seen.push({ method: request.method, url: request.url, headers: request.headers, leaf });
    response.end('{"accessToken":"t"}');
  });
  expect(await ask()).toEqual({ kind: "answer", value: { kind: "accepted", notes: [] } });
  await ask(false);
  const [first, second] = seen;
  expect(first).toMatchObject({ method: "POST", url: "/devicecontrol/deviceAccessToken", leaf: "CN=ACME-1" });
  expect(first?.headers).toMatchObject({ accept: "application/json", "content-length": "0" });
  expect(first?.headers).not.toHaveProperty("authorization");
  const blocks = String(first?.headers["x-ssl-cert-chain"]).split(/(?<=-----END CERTIFICATE-----) /);
  const certificates = blocks.map(
    (block) => new X509Certificate(Buffer.from(block.replace(/-----[^-]*-----| /g, ""), "base64")),
  );
  expect(certificates.map(({ raw }) => raw)).toEqual(identity.chain);
  expect(second?.headers).not.toHaveProperty("x-ssl-cert-chain");
});

test("the field may be written with an underscore", async () => {
  expect(await (await at(saying(200, { access_token: "t" })))()).toMatchObject({ value: { kind: "accepted" } });
});

test.each([
  [401, "Invalid certificate chain!"],
  [422, "Cannot process certificate data."],
  [400, "Cannot parse X509 certificate. : Incomplete data"],
  [404, "This feature is disabled, please contact system administrator."],
])("%i is a refusal, with the platform's message", async (status, message) => {
  const ask = await at(saying(status, { error: "security/Unauthorized", message, info: "" }));
  const value = { kind: "refused", at: "token", code: String(status), reason: `HTTP ${status}: ${message}` };
  expect(await ask()).toEqual({ kind: "answer", value });
});

test.each([
  ["an answer without a token", 200, { accessToken: null }, "unknown"],
  ["a proxy's page", 200, "<html>hello</html>", "unknown"],
  ["an error of the platform", 503, "", "unknown"],
  ["too many requests", 429, "", "busy"],
])("%s is no answer, and may be asked for again", async (_what, status, body, kind) => {
  expect(await (await at(saying(status, body)))()).toMatchObject({ kind, status });
});

test("no answer in time, nobody there, and a server that is not trusted are told apart", async () => {
  const silent = await at(() => undefined);
  expect(await silent(true, { timeoutMs: 1000 })).toMatchObject({ kind: "unknown", message: /in time/ });
  const [anchor = Buffer.alloc(0)] = identity.chain.slice(-1);
  expect(await silent(true, { trust: [pemOf(anchor)] })).toMatchObject({ value: { kind: "server-untrusted" } });
  for (const close of open.splice(0)) await close();
  expect(await silent()).toMatchObject({ kind: "busy", status: 0 });
});
