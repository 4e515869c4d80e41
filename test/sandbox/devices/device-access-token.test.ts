import { X509Certificate } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SandboxAnswer, SandboxRequest } from "../../../src/sandbox/http/sandbox-request.ts";
import { sandboxHandler } from "../../../src/sandbox/sandbox-handler.ts";
import { addDeviceUser, deviceUserName } from "../../../src/sandbox/sandbox-users.ts";
import { makeDeviceKey } from "../../fixtures/make-device-key.ts";
import { makeIssuer, pemOf, type TestIssuer } from "../../fixtures/make-issuer.ts";
import { bodyOf, CERTIFICATES, type MountedSandbox, messageOf, mountSandbox } from "../mount-sandbox.ts";

const PATH = "/devicecontrol/deviceAccessToken";

let issuer: TestIssuer;
let leaf: X509Certificate;
let chain: string;
let sandbox: MountedSandbox;

beforeAll(async () => {
  issuer = await makeIssuer();
  leaf = new X509Certificate(makeDeviceKey(issuer).certificate);
  chain = inHeader(leaf.raw, ...issuer.chain);
});

beforeEach(() => {
  sandbox = mountSandbox();
  addDeviceUser(sandbox.state, "ACME-1", undefined);
  const [, anchor = Buffer.alloc(0)] = issuer.chain;
  const body = { certInPemFormat: pemOf(anchor), status: "ENABLED" };
  expect(sandbox.ask("POST", CERTIFICATES, { body }).status).toBe(201);
});

function inHeader(...certificates: readonly Buffer[]): string {
  return pemOf(...certificates)
    .trim()
    .replaceAll("\n", " ");
}

function ask(headers: SandboxRequest["headers"], more: Partial<SandboxRequest> = {}): SandboxAnswer {
  return sandboxHandler(sandbox.state)({
    method: "POST",
    path: PATH,
    query: new URLSearchParams(),
    headers: { accept: "application/json", ...headers },
    body: Buffer.alloc(0),
    peer: { leaf },
    ...more,
  });
}

describe("a device with its certificate", () => {
  test("is given a token that is its user", () => {
    const answer = ask({ "x-ssl-cert-chain": chain });
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
    const { accessToken, ...rest } = bodyOf(answer);
    expect(rest).toEqual({ idToken: null, expiresIn: null, refreshToken: null, info: null });
    expect(sandbox.state.tokens.get(String(accessToken))).toBe(deviceUserName("ACME-1"));
  });

  test("may leave its own certificate out of the header, since it has shown it", () => {
    expect(ask({ "x-ssl-cert-chain": inHeader(...issuer.chain) }).status).toBe(200);
  });

  test("is refused without the chain in the header, unless its own issuer is trusted", () => {
    const answer = ask({});
    expect([answer.status, messageOf(answer)]).toEqual([401, "Invalid certificate chain!"]);
    const [line = Buffer.alloc(0)] = issuer.chain;
    sandbox.ask("POST", CERTIFICATES, { body: { certInPemFormat: pemOf(line), status: "ENABLED" } });
    expect(ask({}).status).toBe(200);
  });

  test("is told 422 when it is not registered", () => {
    sandbox.state.users.delete(deviceUserName("ACME-1"));
    const answer = ask({ "x-ssl-cert-chain": chain });
    expect([answer.status, messageOf(answer)]).toEqual([422, "Cannot process certificate data."]);
  });
});

test.each([
  ["no PEM", "MIIB"],
  ["half a block", "-----BEGIN CERTIFICATE----- MIIB"],
  ["a block that is no certificate", "-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----"],
])("a header with %s is 400", (_what, header) => {
  const answer = ask({ "x-ssl-cert-chain": header });
  expect(answer.status).toBe(400);
  expect(messageOf(answer)).toMatch(/^Cannot parse X509 certificate\. : /);
});

test("without a certificate there is no token, and on the other port no such endpoint", () => {
  expect(ask({ "x-ssl-cert-chain": chain }, { peer: {} }).status).toBe(401);
  expect(sandbox.ask("POST", PATH).status).toBe(404);
});

test("the port for devices answers nothing else, its switches neither", () => {
  for (const path of ["/tenant/currentTenant", "/sandbox/devices"]) {
    expect(ask({}, { method: "GET", path }).status).toBe(404);
  }
});
