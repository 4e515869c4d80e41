import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openSigner, signatureAlgorithmOf } from "../../src/authority/signer.ts";

const pairs = {
  p256: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  p384: generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
};

describe("a signer", () => {
  test.each([
    ["ecdsa-with-SHA256", "sha256", pairs.p256],
    ["ecdsa-with-SHA384", "sha384", pairs.p384],
    ["sha256WithRSAEncryption", "sha256", pairs.rsa],
  ])("signs by %s", (algorithm, digest, key) => {
    const signer = openSigner({ kind: "key", key });
    expect(signer.algorithm).toBe(algorithm);
    const tbs = Buffer.from("to be signed");
    expect(verify(digest, tbs, createPublicKey(key), signer.sign(tbs))).toBe(true);
    const pieces = [tbs.subarray(0, 5), tbs.subarray(5, 5), tbs.subarray(5)];
    expect(verify(digest, tbs, createPublicKey(key), signer.signPieces(pieces))).toBe(true);
  });

  test("is not made over a key that lotmint does not sign with", () => {
    expect(() => signatureAlgorithmOf(generateKeyPairSync("ed25519").privateKey)).toThrow("use RSA or EC");
    expect(() => signatureAlgorithmOf(generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey)).toThrow(
      "use P-256 or P-384",
    );
  });
});
