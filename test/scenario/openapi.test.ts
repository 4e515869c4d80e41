import { createPrivateKey, randomBytes, sign } from "node:crypto";
import { existsSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestDeviceToken } from "../../src/platform/device/device-token.ts";
import { openPlatform } from "../../src/platform/http/http-platform.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { DEVICE_ROUTES, ROUTES } from "../../src/sandbox/routes.ts";
import { makeSandboxState, type SandboxState } from "../../src/sandbox/sandbox-state.ts";
import { addUser } from "../../src/sandbox/sandbox-users.ts";
import { makeDeviceKey } from "../fixtures/make-device-key.ts";
import { makeIssuer, pemOf, type TestIssuer } from "../fixtures/make-issuer.ts";
import { makeCa, type TestCa } from "../sandbox/make-ca.ts";
import { type Exchange, type OpenApiText, readOpenApi, type Violation } from "./openapi-text.ts";
import { type RecordingPlatform, startRecording } from "./recording-platform.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GIVEN = process.env["LOTMINT_OPENAPI"];
const TEXT = GIVEN ?? join(ROOT, "..", "shared", "platform-openapi.json");
/** A text that was asked for by name has to be there. */
const hasText = GIVEN !== undefined || existsSync(TEXT);

/** A place where the text contradicts itself, or says less than is known from elsewhere. */
interface Exception {
  readonly because: string;
  readonly covers: (violation: Violation) => boolean;
}

const answers = (statuses: readonly number[]) => (violation: Violation) =>
  violation.side === "answer" &&
  statuses.includes(violation.status) &&
  violation.what === `status ${violation.status} is not in the text`;

const EXCEPTIONS: readonly Exception[] = [
  {
    because: "deviceAccessToken: the schema's own examples are null where its types are not nullable",
    covers: ({ operation, what }) =>
      operation === "POST /devicecontrol/deviceAccessToken" &&
      /^body\/(idToken|expiresIn|refreshToken|info) must be (string|integer|object)$/.test(what),
  },
  {
    because: "TrustedCertificate by fingerprint: 404 is not declared for GET, and the platform has a message for it",
    covers: (violation) =>
      violation.operation === "GET /tenant/tenants/{tenantId}/trusted-certificates/{fingerprint}" &&
      answers([404])(violation),
  },
  {
    because: "bulkNewDeviceRequests: no status is declared for a malformed file; the sandbox answers 422",
    covers: (violation) =>
      violation.operation === "POST /devicecontrol/bulkNewDeviceRequests" && answers([422])(violation),
  },
  {
    because: "crl: GET declares no 401, although it takes a login",
    covers: (violation) =>
      violation.operation === "GET /tenant/trusted-certificates/settings/crl" && answers([401])(violation),
  },
  {
    because: "oauth/token: a form that cannot be read has no declared status; the sandbox answers 400",
    covers: (violation) => violation.operation === "POST /tenant/oauth/token" && answers([400])(violation),
  },
  {
    because: "tenant options are not in the text that was cut down to lotmint's calls; the whole one has them",
    covers: ({ operation, what }) =>
      / \/tenant\/options\//.test(operation) && what === "the text has no such operation",
  },
  {
    because: "what HTTP itself has for a method, a media type or an Accept that is not served is declared nowhere",
    covers: answers([405, 406, 415]),
  },
];

const TENANT = "t0815";
const CERTIFICATES = `/tenant/tenants/${TENANT}/trusted-certificates`;
const HEADER = "ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME;com_cumulocity_model_Agent.active";

describe.skipIf(!hasText)("the official API text (skipped where there is none; LOTMINT_OPENAPI names one)", () => {
  let text: OpenApiText;
  let state: SandboxState;
  let recording: RecordingPlatform;
  let issuer: TestIssuer;
  let ca: TestCa;
  let other: TestCa;

  beforeAll(async () => {
    text = readOpenApi(TEXT);
    state = makeSandboxState();
    addUser(state, { userName: "admin", password: "secret-1" });
    addUser(state, { userName: "nobody", password: "secret-1", roles: [] });
    recording = await startRecording(state);
    issuer = await makeIssuer();
    ca = makeCa();
    other = makeCa({ commonName: "Another" });
  });
  afterAll(() => recording.close());

  /** What was said since the last time. */
  function heard(): readonly Exchange[] {
    return recording.exchanges.splice(0);
  }

  function violationsOf(exchanges: readonly Exchange[]): readonly string[] {
    return exchanges
      .flatMap((exchange) => text.check(exchange))
      .filter((violation) => !EXCEPTIONS.some(({ covers }) => covers(violation)))
      .map(({ operation, side, status, what }) => `${operation} ${status} ${side}: ${what}`);
  }

  const all: Exchange[] = [];

  test("every request that the client makes, and every answer that it is given", async () => {
    const site = { url: recording.url, deviceTokenPort: 0, mqttPort: 0, timeoutMs: 10_000, user: "admin" };
    const platform = openPlatform(site, { user: "admin", password: "secret-1" });
    const used = new Set<string>();
    const client = new Proxy(platform, {
      get: (target, name, receiver) => {
        used.add(String(name));
        return Reflect.get(target, name, receiver);
      },
    });
    try {
      await useAll(client);
      expect(
        Object.keys(platform).filter((name) => name !== "close" && name !== "whenFree" && !used.has(name)),
      ).toEqual([]);
    } finally {
      await platform.close();
    }
    expect(await askToken()).toBe(200);
    const exchanges = heard();
    all.push(...exchanges);
    expect(exchanges.length).toBeGreaterThan(15);
    expect(violationsOf(exchanges)).toEqual([]);
  });

  /** Asks for a device's token with its own client and returns the status. */
  async function askToken(commonName = "ACME-1", chainInHeader = true): Promise<number> {
    const { certificate, pkcs8 } = makeDeviceKey(issuer, "ec-p256", commonName);
    const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const device = { clientId: commonName, key, chain: [certificate, ...issuer.chain] };
    const endpoint = {
      host: "127.0.0.1",
      port: recording.deviceTokenPort,
      trust: [recording.caPem],
      timeoutMs: 10_000,
    };
    await requestDeviceToken(endpoint, device, { chainInHeader });
    return recording.exchanges.at(-1)?.status ?? 0;
  }

  /** Calls each method of the client at least once, in an order in which all of it succeeds. */
  async function useAll(client: Platform): Promise<void> {
    const [, anchor = Buffer.alloc(0)] = issuer.chain;
    await client.currentTenant();
    await client.currentUser();
    const added = await client.addTrustedCertificate(TENANT, {
      name: "Line",
      pem: ca.pem,
      autoRegistrationEnabled: false,
    });
    if (added.kind !== "answer") throw new Error(added.message);
    const { fingerprint } = added.value;
    await client.addTrustedCertificate(TENANT, { name: "Root", pem: pemOf(anchor), autoRegistrationEnabled: true });
    await client.trustedCertificates(TENANT);
    await client.trustedCertificate(TENANT, fingerprint);
    await client.trustedCertificate(TENANT, "0".repeat(40));
    await client.updateTrustedCertificate(TENANT, fingerprint, { name: "Line 3", autoRegistrationEnabled: true });
    const renewed = await client.renewVerificationCode(TENANT, fingerprint);
    if (renewed.kind !== "answer") throw new Error(renewed.message);
    const code = Buffer.from(renewed.value.verificationCode ?? "");
    await client.provePossession(TENANT, fingerprint, sign("sha256", code, ca.key).toString("base64"));
    const csv = `${HEADER}\nACME-1;CERTIFICATES;;t;n;true\nACME/2;CERTIFICATES;;t;n;true\n`;
    await client.registerBulk(Buffer.from(csv), "part-0001.csv");
    await client.registerBulk(Buffer.from(csv), "part-0001.csv");
    await client.registerBulk(Buffer.from("nonsense"), "part-0002.csv");
    for (const id of ["ACME-1", "ACME-9"]) {
      await client.hasExternalId("c8y_Serial", id);
      await client.hasDeviceUser(TENANT, id);
    }
    await client.revokeSerials([{ serialNumber: randomBytes(20).toString("hex"), revokedAtMs: Date.now() }]);
    await client.revokedSerials();
    await client.tenantOption("configuration", "crl.offline.check.enabled");
  }

  test("every answer that the sandbox gives, good or bad, on each of its routes", async () => {
    await callEverywhere();
    const exchanges = heard();
    all.push(...exchanges);
    expect(violationsOf(exchanges)).toEqual([]);
    const answered = new Set(all.filter(({ status }) => status < 300).map((exchange) => routeOf(exchange)));
    const open = [...ROUTES, ...DEVICE_ROUTES].map(({ method, path }) => `${method} ${path}`);
    // The confirmation is for the platform's own support: an ordinary tenant is always refused.
    const never = open.filter((route) => !answered.has(route) && !route.endsWith("/confirmed"));
    expect(never).toEqual([]);
  });

  function routeOf({ method, target }: Exchange): string | undefined {
    const segments = (target.split("?")[0] ?? "").split("/");
    const route = [...ROUTES, ...DEVICE_ROUTES].find(({ method: wanted, path }) => {
      const steps = path.split("/");
      return (
        wanted === method &&
        steps.length === segments.length &&
        steps.every((step, index) => step.startsWith(":") || step === segments[index])
      );
    });
    return route === undefined ? undefined : `${route.method} ${route.path}`;
  }

  async function ask(method: string, path: string, body?: object | string, headers: Record<string, string> = {}) {
    const json = typeof body === "object" ? { "content-type": "application/json" } : {};
    const answer = await fetch(recording.url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from("admin:secret-1").toString("base64")}`,
        accept: "application/json",
        ...json,
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return answer.text();
  }

  /** Without a client certificate, and with a header that no client of ours would send. */
  async function askTokenWith(chain: string): Promise<void> {
    const options = {
      port: recording.deviceTokenPort,
      path: "/devicecontrol/deviceAccessToken",
      method: "POST",
      ca: recording.caPem,
      headers: { "x-ssl-cert-chain": chain },
    };
    await new Promise<void>((resolve, reject) => {
      const sent = request("https://127.0.0.1", options, (answer) => answer.resume().on("end", () => resolve()));
      sent.on("error", reject).end();
    });
  }

  async function callEverywhere(): Promise<void> {
    const nobody = { authorization: `Basic ${Buffer.from("nobody:secret-1").toString("base64")}` };
    const stranger = { authorization: `Basic ${Buffer.from("admin:wrong").toString("base64")}` };
    for (const { method, path } of ROUTES) {
      const target = path.replace(":tenantId", TENANT).replace(":fingerprint", "0".repeat(40)).replace(/:\w+/g, "x");
      await ask(method, target, method === "GET" || method === "DELETE" ? undefined : {});
      await ask(method, target, undefined, nobody);
      await ask(method, target, undefined, stranger);
      await ask(method, target.replace(TENANT, "t9999"), undefined);
      await ask(method, target, undefined, { accept: "image/png" });
    }
    await ask("GET", "/tenant/loginOptions?tenantId=t0815");
    await ask("GET", "/tenant/loginOptions?management=true&tenantId=t0815");
    for (const stored of state.certificates.values()) stored.autoRegistrationEnabled = false;
    expect([await askToken("ACME-77"), await askToken("ACME-1", false)]).toEqual([422, 401]);
    await askTokenWith("nonsense");
    const form = { "content-type": "application/x-www-form-urlencoded" };
    await ask(
      "POST",
      "/tenant/oauth/token?tenant_id=t0815",
      "grant_type=PASSWORD&username=admin&password=secret-1",
      form,
    );
    await ask("POST", "/tenant/oauth/token?tenant_id=t0815", "grant_type=PASSWORD&username=admin&password=wrong", form);
    await ask("POST", "/tenant/oauth/token?tenant_id=t0815", "grant_type=NONSENSE", form);
    await ask("GET", "/tenant/currentTenant?withParent=true");
    await ask("GET", "/user/currentUser", undefined, { accept: "application/vnd.com.nsn.cumulocity.user+json" });
    const upload = { certInPemFormat: other.pem, status: "ENABLED", name: "Another" };
    const kept = JSON.parse(await ask("POST", `${CERTIFICATES}/bulk`, { certificates: [upload] }));
    await ask("POST", CERTIFICATES, upload);
    await ask("POST", CERTIFICATES, { ...upload, certInPemFormat: "nonsense" });
    await ask("GET", `${CERTIFICATES}?pageSize=1&currentPage=2&withTotalElements=true&withTotalPages=true`);
    await ask("GET", `${CERTIFICATES}?certificateAuthority=true`);
    const { fingerprint } = kept.certificates[0];
    await ask("PUT", `${CERTIFICATES}/${fingerprint}`, { status: "DISABLED" });
    const proof = `${CERTIFICATES}-pop/${fingerprint}`;
    await ask("POST", `${proof}/pop`, { proofOfPossessionSignedVerificationCode: "bm9uc2Vuc2U=" });
    await ask("POST", `${proof}/pop`, { proofOfPossessionSignedVerificationCode: "no base64" });
    await ask("POST", `${proof}/confirmed`);
    await ask("DELETE", `${CERTIFICATES}/${fingerprint}`);
    await ask("PUT", "/tenant/options/configuration/crl.offline.check.enabled", { value: "true" });
    await ask("GET", "/tenant/options/configuration/crl.offline.check.enabled");
    const crl = "/tenant/trusted-certificates/settings/crl";
    await ask("PUT", crl, { crls: [{ serialNumberInHex: "1000", revocationDate: "yesterday" }] });
    await ask(
      "PUT",
      crl,
      '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nSERIALNO,DATE\n1001,\n\r\n--b--\r\n',
      {
        "content-type": "multipart/form-data; boundary=b",
      },
    );
    await ask("GET", crl, undefined, { accept: "application/pkix-crl" });
  }

  test.skipIf(GIVEN !== undefined)("every exception is still needed", () => {
    const violations = all.flatMap((exchange) => text.check(exchange));
    expect(EXCEPTIONS.filter(({ covers }) => !violations.some(covers)).map(({ because }) => because)).toEqual([]);
  });

  test("a request and an answer that are wrong would be told", () => {
    const good = all.find(
      (exchange) =>
        text.operationOf(exchange) === "POST /tenant/tenants/{tenantId}/trusted-certificates" &&
        exchange.status === 201,
    );
    if (good === undefined) throw new Error("no certificate was uploaded");
    const body = { ...JSON.parse(good.body.toString()), autoRegistrationEnabled: "true", colour: "red" };
    const wrong = violationsOf([
      { ...good, body: Buffer.from(JSON.stringify(body)) },
      { ...good, answerBody: Buffer.from('{"version":"3","colour":"red"}') },
      { ...good, status: 299 },
      { ...good, target: `${good.target}&colour=red` },
    ]);
    expect(wrong.map((words) => words.replace(/^\S+ \S+ /, ""))).toEqual([
      "201 request: body must NOT have additional properties (colour)",
      "201 request: body/autoRegistrationEnabled must be boolean",
      "201 answer: body must NOT have additional properties (colour)",
      "201 answer: body/version must be integer",
      "299 answer: status 299 is not in the text",
      "201 request: query parameter colour is not in the text",
    ]);
  });
});
