import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { describeKey, generateKey, keyAlgorithmOf } from "../../src/authority/key-algorithm.ts";

test.each(["ec-p256", "ec-p384", "rsa-2048", "rsa-3072"] as const)(
  "a new %s pair is told to be one",
  async (algorithm) => {
    const { privateKey, publicKey } = await generateKey(algorithm);
    expect([keyAlgorithmOf(privateKey), keyAlgorithmOf(publicKey)]).toEqual([algorithm, algorithm]);
  },
);

test("keys of other kinds are none of lotmint's, and are told in words", () => {
  const others = [
    [generateKeyPairSync("ed25519").publicKey, "ed25519"],
    [generateKeyPairSync("ec", { namedCurve: "P-521" }).publicKey, "ec secp521r1"],
    [generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey, "rsa 1024"],
  ] as const;
  for (const [key, words] of others) expect([keyAlgorithmOf(key), describeKey(key)]).toEqual([undefined, words]);
});
