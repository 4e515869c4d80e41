import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { publicKeyOf } from "../../src/verify/public-key-of.ts";

const OPTIONS = { privateKeyEncoding: { format: "der", type: "pkcs8" } } as const;

describe.each(["prime256v1", "secp384r1", "secp521r1"])("on the curve %s", (namedCurve) => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve,
    ...OPTIONS,
    publicKeyEncoding: { format: "der", type: "spki" },
  });

  test("the public key is the one that OpenSSL made", () => {
    expect(publicKeyOf(privateKey)).toEqual(publicKey);
  });
});

test("keys of other kinds are OpenSSL's matter", () => {
  for (const { privateKey, publicKey } of [
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("ed25519"),
  ]) {
    const expected = publicKey.export({ format: "der", type: "spki" });
    expect(publicKeyOf(privateKey.export({ format: "der", type: "pkcs8" }))).toEqual(expected);
  }
});

test("a private key beside another's public key is refused, which OpenSSL takes", () => {
  const [one, other] = [0, 1].map(() =>
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "der", type: "pkcs8" }),
  ) as [Buffer, Buffer];
  // The private key of 32 octets begins at octet 36.
  const mixed = Buffer.concat([one.subarray(0, 36), other.subarray(36, 68), one.subarray(68)]);
  expect(createPublicKey({ key: mixed, format: "der", type: "pkcs8" } as never).asymmetricKeyType).toBe("ec");
  expect(() => publicKeyOf(mixed)).toThrow("do not belong together");
});

test("octets that are no key are refused", () => {
  expect(() => publicKeyOf(Buffer.from("3000", "hex"))).toThrow("no private key");
});
