import { X509Certificate } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { judgeDevice } from "../../../src/sandbox/devices/judge-device.ts";
import type { SandboxState } from "../../../src/sandbox/sandbox-state.ts";
import { addDeviceUser, deviceUserName } from "../../../src/sandbox/sandbox-users.ts";
import { type CertificateWish, makeChain } from "../../fixtures/make-chain.ts";
import { makeDeviceKey } from "../../fixtures/make-device-key.ts";
import { makeIssuer, pemOf, type TestIssuer } from "../../fixtures/make-issuer.ts";
import { CERTIFICATES, mountSandbox } from "../mount-sandbox.ts";

const OFFLINE_CHECK = "configuration/crl.offline.check.enabled";
const DAY_MS = 24 * 3_600_000;
const ACCEPTED = { kind: "accepted", deviceId: "ACME-1" };

let issuer: TestIssuer;
let leaf: X509Certificate;
let line: X509Certificate;
let anchor: X509Certificate;
let nowMs: number;
let state: SandboxState;
let ask: ReturnType<typeof mountSandbox>["ask"];

beforeAll(async () => {
  issuer = await makeIssuer();
  leaf = new X509Certificate(makeDeviceKey(issuer).certificate);
  [line, anchor] = issuer.chain.map((der) => new X509Certificate(der)) as [X509Certificate, X509Certificate];
});

beforeEach(() => {
  nowMs = Date.now();
  ({ state, ask } = mountSandbox({ nowMs: () => nowMs }));
  addDeviceUser(state, "ACME-1", undefined);
});

function trust(certificate: X509Certificate, more: object = {}): void {
  const body = { certInPemFormat: pemOf(certificate.raw), status: "ENABLED", ...more };
  expect(ask("POST", CERTIFICATES, { body }).status).toBe(201);
}

function faultOf(presented: readonly X509Certificate[], clientId?: string): string {
  const verdict = judgeDevice(state, leaf, presented, clientId);
  return verdict.kind === "accepted" ? verdict.kind : verdict.fault;
}

describe("the chain", () => {
  test("the leaf alone will do when its own issuer is trusted", () => {
    trust(line);
    expect(judgeDevice(state, leaf, [])).toEqual(ACCEPTED);
  });

  test("a trusted certificate further up must be presented, and all between", () => {
    trust(anchor);
    expect(judgeDevice(state, leaf, [line, anchor])).toEqual(ACCEPTED);
    expect(judgeDevice(state, leaf, [anchor, line])).toEqual(ACCEPTED);
    expect(faultOf([line])).toBe("not trusted");
    expect(faultOf([anchor])).toBe("not trusted");
    expect(faultOf([])).toBe("not trusted");
  });

  test("nothing is trusted, another authority of the same name is, or the certificate is disabled", async () => {
    expect(faultOf([line, anchor])).toBe("not trusted");
    const [, impostor = Buffer.alloc(0)] = (await makeIssuer()).chain;
    trust(new X509Certificate(impostor));
    expect(faultOf([line, anchor])).toBe("not trusted");
    trust(anchor, { status: "DISABLED" });
    expect(faultOf([line, anchor])).toBe("disabled");
  });

  test("a device's certificate signs nothing", () => {
    trust(anchor);
    const forged = new X509Certificate(makeDeviceKey(issuer, "ec-p256", "ACME-2").certificate);
    expect(judgeDevice(state, forged, [leaf, line, anchor])).toMatchObject({ fault: "not registered" });
    expect(judgeDevice(state, undefined, [line, anchor])).toMatchObject({ fault: "no certificate" });
  });
});

describe("what relying parties refuse", () => {
  const judge = (wishes: readonly CertificateWish[]) => {
    const [device, ...above] = makeChain(wishes, nowMs).map(({ raw }) => new X509Certificate(raw));
    trust(above.at(-1) as X509Certificate);
    const verdict = judgeDevice(state, device, above);
    return verdict.kind === "accepted" ? verdict.kind : verdict.fault;
  };
  const device = { subject: "CN=ACME-1" };

  test("is refused, as openssl verify refuses it", () => {
    expect(judge([device, { subject: "CN=a" }, { subject: "CN=b", usages: null }])).toBe("accepted");
    expect(judge([device, { subject: "CN=c", purposes: ["1.3.6.1.5.5.7.3.1"] }, { subject: "CN=d" }])).toBe(
      "not accepted",
    );
    expect(judge([device, { subject: "CN=e", digest: "sha1" }, { subject: "CN=f" }])).toBe("not accepted");
    expect(judge([{ ...device, digest: "sha1" }, { subject: "CN=g" }])).toBe("not accepted");
    expect(judge([device, { subject: "CN=h", pathLength: 0 }, { subject: "CN=i", pathLength: 0 }])).toBe("not trusted");
  });

  test("does not count where another way leads to a trusted certificate", () => {
    const wishes = [device, { subject: "CN=j" }, { subject: "CN=twin" }];
    const [leafOf, middle, good] = makeChain(wishes, nowMs).map(({ raw }) => new X509Certificate(raw));
    const [, , bad] = makeChain(
      [device, { subject: "CN=j" }, { subject: "CN=twin", serial: 77, purposes: ["1.2.3"] }],
      nowMs,
    );
    if (leafOf === undefined || middle === undefined || good === undefined || bad === undefined)
      throw new Error("no chain");
    const worse = new X509Certificate(bad.raw);
    trust(worse);
    expect(judgeDevice(state, leafOf, [middle, worse])).toMatchObject({ fault: "not accepted" });
    trust(good);
    expect(judgeDevice(state, leafOf, [middle, worse, good])).toEqual(ACCEPTED);
  });
});

describe("time, revocation, name", () => {
  test("a certificate on the way that has expired, or is not valid yet", () => {
    trust(anchor);
    nowMs += 400 * DAY_MS;
    expect(faultOf([line, anchor])).toBe("expired");
    nowMs -= 1000 * DAY_MS;
    expect(faultOf([line, anchor])).toBe("expired");
  });

  test("a revoked serial number counts once the option is on, an authority's too", () => {
    trust(anchor);
    for (const { serialNumber } of [leaf, line]) {
      state.revocations.clear();
      state.revocations.set(serialNumber.toLowerCase(), nowMs);
      state.options.clear();
      expect(faultOf([line, anchor])).toBe("accepted");
      state.options.set(OFFLINE_CHECK, "true");
      expect(faultOf([line, anchor])).toBe("revoked");
    }
  });

  test("an MQTT client must call itself what its certificate says", () => {
    trust(line);
    expect(faultOf([], "ACME-1")).toBe("accepted");
    expect(faultOf([], "acme-1")).toBe("wrong name");
  });
});

test("a device without a user is made one, where the trusted certificate has auto registration", () => {
  trust(anchor);
  state.users.delete(deviceUserName("ACME-1"));
  expect(faultOf([line, anchor])).toBe("not registered");
  for (const stored of state.certificates.values()) stored.autoRegistrationEnabled = true;
  expect(faultOf([line, anchor])).toBe("accepted");
  expect(state.users.has(deviceUserName("ACME-1"))).toBe(true);
});
