import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PlatformSite } from "../../../src/domain/job.ts";
import { openPlatform } from "../../../src/platform/http/http-platform.ts";
import type { Platform } from "../../../src/platform/platform.ts";
import { DEFAULT_RETRY } from "../../../src/platform/retry.ts";
import { retrying } from "../../../src/platform/retrying.ts";
import { setFaults } from "../../../src/sandbox/faults/faults.ts";
import { startSandbox } from "../../../src/sandbox/serve-sandbox.ts";
import { type AnsweringServer, type Got, say, startAnswering } from "../answering-server.ts";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const credentials = { user: "maker", password: 'se"cret wörd' };

function siteAt(url: string, more: Partial<PlatformSite> = {}): PlatformSite {
  return { url, deviceTokenPort: 8443, mqttPort: 8883, timeoutMs: 5000, ...more };
}

async function connect(
  answer: (got: Got, response: ServerResponse) => void,
  more: Partial<PlatformSite> = {},
): Promise<{ readonly platform: Platform; readonly server: AnsweringServer }> {
  const server = await startAnswering(answer);
  closers.push(server.close);
  const platform = openPlatform(siteAt(server.url, more), credentials);
  closers.push(() => platform.close());
  return { platform, server };
}

const bulk = {
  numberOfAll: 1,
  numberOfCreated: 1,
  numberOfFailed: 0,
  numberOfSuccessful: 1,
  credentialUpdatedList: [],
  failedCreationList: [],
};

describe("openPlatform", () => {
  it("logs in with tenant, user and password, and always asks for JSON", async () => {
    const { platform, server } = await connect(
      (_got, response) =>
        say(response, 200, { name: "t1", domainName: "t1.example.com" }, { date: "Mon, 02 Mar 2026 10:00:00 GMT" }),
      { tenant: "t1" },
    );
    expect(await platform.currentTenant()).toEqual({
      kind: "answer",
      value: { id: "t1", domainName: "t1.example.com" },
      date: Date.UTC(2026, 2, 2, 10),
    });
    const [got] = server.got;
    expect(got).toMatchObject({ method: "GET", url: "/tenant/currentTenant" });
    expect(got?.headers.accept).toBe("application/json");
    const [scheme, basic = ""] = (got?.headers.authorization ?? "").split(" ");
    expect([scheme, Buffer.from(basic, "base64").toString("utf8")]).toEqual(["Basic", 't1/maker:se"cret wörd']);
  });

  it("logs in with a token where there is one", async () => {
    const server = await startAnswering((_got, response) => say(response, 200, { name: "t1" }));
    closers.push(server.close);
    const platform = openPlatform(siteAt(`${server.url}/base/`), { token: "abc.def" });
    closers.push(() => platform.close());
    expect(await platform.currentTenant()).toMatchObject({ kind: "answer" });
    expect(server.got[0]).toMatchObject({
      url: "/base/tenant/currentTenant",
      headers: { authorization: "Bearer abc.def" },
    });
  });

  it.each([
    ["no credentials", siteAt("https://p.example.com"), {}],
    ["a user without a password", siteAt("https://p.example.com", { user: "u" }), {}],
    ["an address that is none", siteAt("p.example.com"), credentials],
    ["plain HTTP to another machine", siteAt("http://p.example.com"), credentials],
    ["credentials in the address", siteAt("https://a:b@p.example.com"), credentials],
    ["a CA file that is not there", siteAt("https://p.example.com", { caFile: "/nowhere/ca.pem" }), credentials],
    ["a CA file without a certificate", siteAt("https://p.example.com", { caFile: "/dev/null" }), credentials],
  ])("refuses %s", (_name, site, given) => {
    expect(() => openPlatform(site, given)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("reads the user's roles", async () => {
    const { platform } = await connect((_got, response) =>
      say(response, 200, { userName: "maker", effectiveRoles: [{ id: "ROLE_A" }, { name: "ROLE_B" }] }),
    );
    expect(await platform.currentUser()).toMatchObject({ value: { userName: "maker", roles: ["ROLE_A", "ROLE_B"] } });
  });

  it("sends a bulk file as one multipart part called file", async () => {
    const { platform, server } = await connect((_got, response) => say(response, 201, bulk));
    const csv = Buffer.from("ID;NAME\nä;b\n");
    expect(await platform.registerBulk(csv, "part-0001.csv")).toMatchObject({
      kind: "answer",
      value: { numberOfAll: 1 },
    });
    const got = server.got[0];
    expect(got).toMatchObject({ method: "POST", url: "/devicecontrol/bulkNewDeviceRequests" });
    const form = await new Response(new Uint8Array(got?.body ?? []), {
      headers: { "content-type": got?.headers["content-type"] ?? "" },
    }).formData();
    expect([...form.keys()]).toEqual(["file"]);
    const file = form.get("file");
    if (!(file instanceof File)) throw new Error("no file");
    expect([file.name, file.type]).toEqual(["part-0001.csv", "text/csv"]);
    expect(Buffer.from(await file.arrayBuffer())).toEqual(csv);
  });

  it("leaves out the line of a bad row, which may echo credentials", async () => {
    const failed = [
      { bulkNewDeviceStatus: "FAILED", deviceId: "a", failureReason: "no", line: "DeviceInfo{credentials='x'}" },
      { bulkNewDeviceStatus: "FAILED", failureReason: `bad ${credentials.password}` },
    ];
    const { platform } = await connect((_got, response) =>
      say(response, 201, {
        ...bulk,
        numberOfAll: 3,
        numberOfFailed: 2,
        credentialUpdatedList: [{ deviceId: "c" }],
        failedCreationList: failed,
      }),
    );
    const reply = await platform.registerBulk(Buffer.from("x"), "p.csv");
    expect(reply).toMatchObject({
      value: { updated: ["c"], failed: [{ externalId: "a", reason: "no" }, { reason: "bad ***" }] },
    });
    expect(JSON.stringify(reply)).not.toContain("DeviceInfo");
  });

  describe("tells what is final from what is not", () => {
    const ask = async (answer: (got: Got, response: ServerResponse) => void, timeoutMs = 5000) => {
      const { platform } = await connect(answer, { timeoutMs });
      return platform.registerBulk(Buffer.from("ID\na\n"), "p.csv");
    };

    it.each([400, 401, 403, 404, 409, 413, 422])("%i is refused, with the platform's message", async (status) => {
      const reply = await ask((_got, response) => say(response, status, { error: "x/Y", message: "not like this" }));
      expect(reply).toEqual({ kind: "refused", status, message: `HTTP ${status}: not like this` });
    });

    it.each([408, 429])("%i is busy, with its Retry-After", async (status) => {
      const reply = await ask((_got, response) => say(response, status, "", { "retry-after": "7" }));
      expect(reply).toEqual({ kind: "busy", status, message: `HTTP ${status}`, retryAfterMs: 7000 });
    });

    it.each([500, 502, 503, 504])("%i is unknown, without the markup of a proxy", async (status) => {
      const reply = await ask((_got, response) =>
        say(response, status, "<html><style>p{}</style><h1>Bad  gateway</h1></html>", { "retry-after": "2" }),
      );
      expect(reply).toEqual({ kind: "unknown", status, message: `HTTP ${status}: Bad gateway`, retryAfterMs: 2000 });
    });

    it.each([301, 302, 307, 308])("%i is refused and not followed", async (status) => {
      const { platform, server } = await connect((_got, response) =>
        say(response, status, "", { location: "https://other.example.com/x" }),
      );
      expect(await platform.currentTenant()).toMatchObject({
        kind: "refused",
        status,
        message: expect.stringMatching(/https:\/\/other\.example\.com\/x.*platform\.url/),
      });
      expect(server.got).toHaveLength(1);
    });

    it.each([
      ["another success", 200, bulk],
      ["no body", 201, ""],
      ["no JSON", 201, "<html>welcome</html>"],
      ["JSON of another kind", 201, [1, 2]],
      ["a count that is none", 201, { ...bulk, numberOfFailed: "0" }],
      ["a count below nothing", 201, { ...bulk, numberOfAll: -1 }],
      ["a list that is none", 201, { ...bulk, failedCreationList: "none" }],
    ])("%s is unknown", async (_name, status, body) => {
      expect(await ask((_got, response) => say(response, status, body))).toMatchObject({ kind: "unknown", status });
    });

    it("a success that is cut off is unknown", async () => {
      const reply = await ask((_got, response) => {
        response.writeHead(201, { "content-length": "500" });
        response.write('{"numberOfAll"');
        setImmediate(() => response.destroy());
      });
      expect(reply).toMatchObject({ kind: "unknown", status: 201 });
    });

    it("a refusal that is cut off is a refusal", async () => {
      const reply = await ask((_got, response) => {
        response.writeHead(403, { "content-length": "500" });
        response.write("{");
        setImmediate(() => response.destroy());
      });
      expect(reply).toEqual({ kind: "refused", status: 403, message: "HTTP 403" });
    });

    it("a connection that is closed without an answer is unknown", async () => {
      const reply = await ask((_got, response) => response.destroy());
      expect(reply).toMatchObject({ kind: "unknown", message: expect.stringContaining("connection") });
    });

    it("no answer in time is unknown", async () => {
      const reply = await ask(() => undefined, 1000);
      expect(reply).toMatchObject({ kind: "unknown", message: expect.stringContaining("in time") });
    });

    it("an answer that drips beyond the time allowed is unknown", async () => {
      let drip: NodeJS.Timeout | undefined;
      const reply = await ask((_got, response) => {
        response.writeHead(201);
        drip = setInterval(() => response.write(" "), 20);
      }, 1000);
      clearInterval(drip);
      expect(reply).toMatchObject({ kind: "unknown", message: expect.stringContaining("in time") });
    });

    it("an answer beyond all bounds is unknown", async () => {
      const { platform } = await connect((_got, response) => say(response, 200, `"${"x".repeat(2 * 1024 * 1024)}"`));
      expect(await platform.currentTenant()).toMatchObject({
        kind: "unknown",
        message: expect.stringContaining("longer than"),
      });
    });

    it("a port where nothing listens is busy: nothing was sent", async () => {
      const server = createTcpServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      const platform = openPlatform(siteAt(`http://127.0.0.1:${port}`), credentials);
      closers.push(() => platform.close());
      expect(await platform.registerBulk(Buffer.from("x"), "p.csv")).toEqual({
        kind: "busy",
        status: 0,
        message: expect.stringMatching(/cannot be reached: nothing listens/),
      });
    });

    it("a request that its caller stops is unknown", async () => {
      const stop = new AbortController();
      const { platform } = await connect(() => stop.abort());
      expect(await platform.currentTenant(stop.signal)).toMatchObject({ kind: "unknown" });
    });
  });

  it("never repeats credentials that the platform echoes, nor more than 300 characters of it", async () => {
    const { platform } = await connect((got, response) => {
      const echo = `${got.headers.authorization} ${credentials.password} \u001b[31m ${"word ".repeat(100)}`;
      say(response, 400, { message: echo });
    });
    const reply = await platform.currentTenant();
    if (reply.kind !== "refused") throw new Error(reply.kind);
    expect(reply.message).not.toMatch(/c2Ui|bWFrZXI|se"cret|wörd|\u001b/);
    expect(reply.message.length).toBeLessThanOrEqual(320);
  });

  describe("asks whether a device is there", () => {
    it("and encodes type and id", async () => {
      const { platform, server } = await connect((_got, response) =>
        say(response, 200, { externalId: "a b/ü", type: "c8y_Serial", managedObject: { id: "7" } }),
      );
      expect(await platform.hasExternalId("c8y_Serial", "a b/ü")).toMatchObject({ kind: "answer", value: true });
      expect(server.got[0]?.url).toBe("/identity/externalIds/c8y_Serial/a%20b%2F%C3%BC");
    });

    it("and looks for its user in the tenant", async () => {
      const { platform, server } = await connect((_got, response) => say(response, 200, { userName: "device_A1" }));
      expect(await platform.hasDeviceUser("t1", "A1")).toMatchObject({ kind: "answer", value: true });
      expect(server.got[0]?.url).toBe("/user/t1/users/device_A1");
    });

    it("and believes a 404 only from the platform itself", async () => {
      const { platform } = await connect((got, response) =>
        got.url.includes("known")
          ? say(response, 404, { error: "identity/Not Found", message: "External id not found" })
          : say(response, 404, "<html>404</html>"),
      );
      expect(await platform.hasExternalId("c8y_Serial", "known")).toMatchObject({ kind: "answer", value: false });
      expect(await platform.hasExternalId("c8y_Serial", "other")).toMatchObject({ kind: "unknown", status: 404 });
    });

    it("and does not take a 200 about something else for it", async () => {
      const { platform } = await connect((_got, response) =>
        say(response, 200, { externalId: "other", type: "c8y_Serial", userName: "device_other" }),
      );
      expect(await platform.hasExternalId("c8y_Serial", "a")).toMatchObject({ kind: "unknown" });
      expect(await platform.hasDeviceUser("t1", "a")).toMatchObject({ kind: "unknown" });
    });
  });

  describe("with trusted certificates", () => {
    const entry = (digit: string, more: object = {}) => ({
      fingerprint: digit.repeat(40),
      name: `ca ${digit}`,
      status: "ENABLED",
      autoRegistrationEnabled: "true",
      proofOfPossessionValid: false,
      notAfter: "2041-08-29T07:42:00.000Z",
      ...more,
    });

    it("reads the list to its end, whatever page size the platform allows", async () => {
      const all = ["a", "b", "c", "d", "e"].map((digit) => entry(digit));
      const { platform, server } = await connect((got, response) => {
        const page = Number(new URL(got.url, "http://x").searchParams.get("currentPage"));
        say(response, 200, {
          certificates: all.slice(page * 2 - 2, page * 2),
          next: "https://x/next",
          statistics: { currentPage: page, pageSize: 2 },
        });
      });
      const reply = await platform.trustedCertificates("t1");
      if (reply.kind !== "answer") throw new Error(reply.message);
      expect(reply.value.map(({ name }) => name)).toEqual(["ca a", "ca b", "ca c", "ca d", "ca e"]);
      expect(reply.value[0]).toEqual({
        fingerprint: "a".repeat(40),
        name: "ca a",
        status: "ENABLED",
        autoRegistrationEnabled: true,
        proofOfPossessionValid: false,
        notAfter: "2041-08-29T07:42:00.000Z",
      });
      expect(server.got).toHaveLength(3);
      expect(server.got[0]?.url).toMatch(/^\/tenant\/tenants\/t1\/trusted-certificates\?pageSize=2000&currentPage=1/);
    });

    it("ends where the platform answers the same page again", async () => {
      const { platform, server } = await connect((_got, response) =>
        say(response, 200, { certificates: [entry("a")], statistics: { totalPages: 9, pageSize: 1 } }),
      );
      expect(await platform.trustedCertificates("t1")).toMatchObject({ value: [{ name: "ca a" }] });
      expect(server.got).toHaveLength(2);
    });

    it("gives a broken page as unknown, not as a short list", async () => {
      const { platform } = await connect((_got, response) =>
        say(response, 200, { certificates: [entry("a"), { name: "?" }] }),
      );
      expect(await platform.trustedCertificates("t1")).toMatchObject({ kind: "unknown" });
    });

    it("knows that the tenant does not have one", async () => {
      const { platform } = await connect((_got, response) =>
        say(response, 404, { error: "tenants/Not Found", message: "Cannot find certificate" }),
      );
      expect(await platform.trustedCertificate("t1", "a".repeat(40))).toEqual(
        expect.objectContaining({ kind: "answer", value: undefined }),
      );
    });

    it("uploads one as PEM with boolean flags, and changes only what is asked", async () => {
      const { platform, server } = await connect((got, response) =>
        say(response, got.method === "POST" ? 201 : 200, entry("a", { autoRegistrationEnabled: false })),
      );
      const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
      const added = await platform.addTrustedCertificate("t1", { name: "ca", pem, autoRegistrationEnabled: false });
      expect(added).toMatchObject({ kind: "answer", value: { fingerprint: "a".repeat(40) } });
      await platform.updateTrustedCertificate("t1", "a".repeat(40), { autoRegistrationEnabled: true });
      expect(server.got.map(({ body }) => JSON.parse(body.toString()))).toEqual([
        { name: "ca", status: "ENABLED", autoRegistrationEnabled: false, certInPemFormat: pem },
        { autoRegistrationEnabled: true },
      ]);
    });
  });
});

const openssl = (() => {
  try {
    return execFileSync("openssl", ["version"]).toString().startsWith("OpenSSL");
  } catch {
    return false;
  }
})();

describe.skipIf(!openssl && !process.env["CI"])("openPlatform over TLS (needs openssl)", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-tls-"));
  const path = (name: string) => join(folder, name);

  beforeAll(() => {
    const run = (...args: string[]) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "ignore"] });
    const key = (name: string) =>
      run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path(`${name}.key`));
    key("ca");
    run(
      "req",
      "-x509",
      "-new",
      "-key",
      path("ca.key"),
      "-subj",
      "/CN=Private CA",
      "-days",
      "2",
      "-out",
      path("ca.pem"),
    );
    for (const [name, host] of [
      ["good", "DNS:localhost"],
      ["other", "DNS:elsewhere.example.com"],
    ] as const) {
      key(name);
      writeFileSync(path(`${name}.ext`), `subjectAltName=${host}\n`);
      run("req", "-new", "-key", path(`${name}.key`), "-subj", "/CN=server", "-out", path(`${name}.csr`));
      run(
        ...["x509", "-req", "-in", path(`${name}.csr`), "-CA", path("ca.pem"), "-CAkey", path("ca.key")],
        ...["-days", "1", "-extfile", path(`${name}.ext`), "-out", path(`${name}.pem`)],
      );
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function connectTls(name: string, caFile?: string): Promise<Platform> {
    const server = createTlsServer(
      { key: readFileSync(path(`${name}.key`)), cert: readFileSync(path(`${name}.pem`)) },
      (_request, response) => response.end('{"name":"t1"}'),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;
    const site = siteAt(`https://localhost:${port}`, caFile === undefined ? {} : { caFile });
    const platform = openPlatform(site, credentials);
    closers.push(() => platform.close());
    return platform;
  }

  it("trusts a private CA that the site names", async () => {
    expect(new X509Certificate(readFileSync(path("ca.pem"))).ca).toBe(true);
    const platform = await connectTls("good", path("ca.pem"));
    expect(await platform.currentTenant()).toMatchObject({ kind: "answer", value: { id: "t1" } });
  });

  it("refuses a certificate that nobody trusts, whatever NODE_TLS_REJECT_UNAUTHORIZED says", async () => {
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const platform = await connectTls("good");
      expect(await platform.currentTenant()).toMatchObject({
        kind: "refused",
        status: 0,
        message: expect.stringContaining("platform.caFile"),
      });
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });

  it("refuses a certificate for another name", async () => {
    const platform = await connectTls("other", path("ca.pem"));
    expect(await platform.currentTenant()).toMatchObject({
      kind: "refused",
      status: 0,
      message: expect.stringContaining("platform.url"),
    });
  });

  describe("with revoked certificates", () => {
    it("sends serial numbers in lower-case hex with their dates, as JSON, and takes 204 for done", async () => {
      const { platform, server } = await connect((_got, response) => response.writeHead(204).end());
      const reply = await platform.revokeSerials([
        { serialNumber: "0ABC", revokedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) },
        { serialNumber: "0def", revokedAtMs: 0 },
      ]);
      expect(reply).toMatchObject({ kind: "answer", value: true });
      const [got] = server.got;
      expect(got).toMatchObject({ method: "PUT", url: "/tenant/trusted-certificates/settings/crl" });
      expect(got?.headers["content-type"]).toBe("application/json");
      expect(JSON.parse(got?.body.toString() ?? "")).toEqual({
        crls: [
          { serialNumberInHex: "0abc", revocationDate: "2026-01-02T03:04:05.678Z" },
          { serialNumberInHex: "0def", revocationDate: "1970-01-01T00:00:00.000Z" },
        ],
      });
    });

    it.each([
      [400, "refused"],
      [403, "refused"],
      [503, "unknown"],
      [302, "refused"],
    ] as const)("an answer of %i is no success but %s", async (status, kind) => {
      const { platform } = await connect((_got, response) => say(response, status, { message: "no" }));
      expect(await platform.revokeSerials([])).toMatchObject({ kind });
    });

    it("reads a tenant option, tells one that is not set from one that may not be read", async () => {
      const path = "/tenant/options/configuration/a%2Fb";
      let answer = { status: 200, body: { value: "true" } as object };
      const { platform, server } = await connect((_got, response) => say(response, answer.status, answer.body));
      expect(await platform.tenantOption("configuration", "a/b")).toMatchObject({ kind: "answer", value: "true" });
      expect(server.got[0]?.url).toBe(path);
      answer = { status: 404, body: { error: "options/Not Found", message: "none" } };
      expect(await platform.tenantOption("configuration", "a/b")).toMatchObject({ kind: "answer", value: undefined });
      answer = { status: 404, body: { message: "a proxy" } };
      expect(await platform.tenantOption("configuration", "a/b")).toMatchObject({ kind: "refused", status: 404 });
      answer = { status: 403, body: { message: "no" } };
      expect(await platform.tenantOption("configuration", "a/b")).toMatchObject({ kind: "refused", status: 403 });
    });
  });
});

it("does not push a platform at its limit over it, and asks everything", async () => {
  const sandbox = await startSandbox();
  closers.push(() => sandbox.close());
  const folder = mkdtempSync(join(tmpdir(), "lotmint-limit-"));
  closers.push(async () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "ca.pem"), sandbox.caPem);
  const site = siteAt(sandbox.url, { tenant: sandbox.tenant, caFile: join(folder, "ca.pem") });
  const opened = openPlatform(site, sandbox.credentials);
  closers.push(() => opened.close());
  const platform = retrying(opened, { ...DEFAULT_RETRY, tries: 1000, firstPauseMs: 20, longestPauseMs: 20 });
  const answer = () => platform.hasExternalId("c8y_Serial", "d1");
  const { state } = sandbox;
  setFaults(state.faults, [{ kind: "capacity", atOnce: 12, serviceMs: 20, excess: "refuse" }]);
  let open = 800;
  const lanes = Array.from({ length: 64 }, async () => {
    for (; open > 0; open -= 1) expect(await answer()).toMatchObject({ kind: "answer", value: false });
  });
  await Promise.all(lanes);
  const statuses = state.requests.map(({ status }) => status);
  expect(statuses.filter((status) => status === 404).length).toBeGreaterThanOrEqual(800);
  const first = statuses.indexOf(429);
  // So many were under way at once when the limit was met: twice the twelve at most, and the slow start's last doubling.
  const later = statuses.slice(first + 64);
  expect(first).toBeGreaterThan(12);
  expect(later.filter((status) => status === 429).length / later.length).toBeLessThan(0.05);
});
