import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DAY_MS, makeCa, type TestCa } from "../make-ca.ts";
import { bodyOf, CERTIFICATES, type MountedSandbox, messageOf, mountSandbox } from "../mount-sandbox.ts";

const authorities: readonly [string, TestCa][] = [
  ["RSA", makeCa({ kind: "rsa" })],
  ["EC", makeCa({ kind: "ec" })],
];

function uploaded(ca: TestCa, sandbox: MountedSandbox = mountSandbox()) {
  const body = { certInPemFormat: ca.pem, status: "ENABLED" };
  const fingerprint = createHash("sha1").update(ca.der).digest("hex");
  const code = codeIn(bodyOf(sandbox.ask("POST", CERTIFICATES, { body })));
  const path = `/tenant/tenants/t0815/trusted-certificates-pop/${fingerprint}`;
  const prove = (signature: string) =>
    sandbox.ask("POST", `${path}/pop`, { body: { proofOfPossessionSignedVerificationCode: signature } });
  return { ...sandbox, code, path, prove, fingerprint };
}

function codeIn(body: Record<string, unknown>): string {
  return String(body["proofOfPossessionUnsignedVerificationCode"]);
}

function signed(text: string | Buffer, key: KeyObject): string {
  return sign("sha256", Buffer.from(text as string), key).toString("base64");
}

describe.each(authorities)("with an %s key", (_, ca) => {
  test("the signature over the code's text proves possession", () => {
    const { ask, prove, code, fingerprint } = uploaded(ca);
    const answer = prove(signed(code, ca.key));
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toMatchObject({ fingerprint, proofOfPossessionValid: true });
    expect(bodyOf(ask("GET", `${CERTIFICATES}/${fingerprint}`))["proofOfPossessionValid"]).toBe(true);
  });

  test("a line end after the code is tolerated", () => {
    const { prove, code } = uploaded(ca);
    expect(prove(signed(`${code}\n`, ca.key)).status).toBe(200);
  });

  test("the decoded code, another text and another key are a 400", () => {
    const { state, prove, code, fingerprint } = uploaded(ca);
    const other = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
    for (const signature of [
      signed(Buffer.from(code, "base64"), ca.key),
      signed("another text", ca.key),
      signed(code, other),
    ]) {
      const answer = prove(signature);
      expect([answer.status, messageOf(answer)]).toEqual([
        400,
        `Wrong Proof Of Possession plaintext used for tenant <'t0815'>. Certificate <'${fingerprint}'>, usage not granted.`,
      ]);
    }
    expect(state.certificates.get(fingerprint)?.proofOfPossessionValid).toBe(false);
  });
});

test("RSA-PSS and raw ECDSA signatures are a 400", () => {
  for (const [, ca] of authorities) {
    const { prove, code } = uploaded(ca);
    const pss = { key: ca.key, padding: constants.RSA_PKCS1_PSS_PADDING, dsaEncoding: "ieee-p1363" as const };
    expect(prove(sign("sha256", Buffer.from(code), pss).toString("base64")).status).toBe(400);
  }
});

test("a renewed code replaces the old one", () => {
  const [[, ca] = []] = authorities;
  if (ca === undefined) throw new Error("no authority");
  const { ask, path, prove, code } = uploaded(ca);
  const answer = ask("POST", `${path}/verification-code`);
  expect(answer.status).toBe(200);
  const renewed = codeIn(bodyOf(answer));
  expect(renewed).not.toBe(code);
  expect(prove(signed(code, ca.key)).status).toBe(400);
  expect(prove(signed(renewed, ca.key)).status).toBe(200);
});

test("a code past its time is a 400 until it is renewed", () => {
  const [, [, ca] = []] = authorities;
  if (ca === undefined) throw new Error("no authority");
  let nowMs = Date.now();
  const { ask, path, prove, code } = uploaded(ca, mountSandbox({ nowMs: () => nowMs }));
  nowMs += 2 * DAY_MS;
  const answer = prove(signed(code, ca.key));
  expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringContaining("expired")]);
  const renewed = bodyOf(ask("POST", `${path}/verification-code`));
  expect(Date.parse(String(renewed["proofOfPossessionVerificationCodeUsableUntil"]))).toBeGreaterThan(nowMs);
  expect(prove(signed(codeIn(renewed), ca.key)).status).toBe(200);
});

test("what is not base64 on one line, and a body of other fields, are a 422", () => {
  const { ask, prove, path } = uploaded(makeCa());
  expect(prove("not base64!").status).toBe(422);
  expect(prove("AAAA\nAAAA").status).toBe(422);
  expect(ask("POST", `${path}/pop`, { body: { signature: "AAAA" } }).status).toBe(422);
});

test("an unknown certificate is a 404, and only the management tenant may confirm", () => {
  const { ask, path } = uploaded(makeCa());
  expect(ask("POST", "/tenant/tenants/t0815/trusted-certificates-pop/00ff/verification-code").status).toBe(404);
  expect(ask("POST", `${path}/confirmed`).status).toBe(403);
});
