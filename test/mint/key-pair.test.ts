import { createPrivateKey, createPublicKey } from "node:crypto";
import { expect, test } from "vitest";
import { openKeyPairs } from "../../src/mint/key-pair.ts";

function encodings(pkcs8: Buffer) {
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return {
    key,
    pkcs8: key.export({ type: "pkcs8", format: "der" }),
    spki: createPublicKey(key).export({ type: "spki", format: "der" }),
  };
}

/** One key in 256 begins with a zero octet, so some of these do. */
test.each(["ec-p256", "ec-p384"] as const)(
  "%s keys are encoded as OpenSSL encodes them, leading zeros included",
  (algorithm) => {
    const makeKeyPair = openKeyPairs(algorithm);
    const count = algorithm === "ec-p256" ? 2000 : 800;
    for (let made = 0; made < count; made++) {
      const { pkcs8, spki } = makeKeyPair();
      const openssl = encodings(pkcs8);
      if (!openssl.pkcs8.equals(pkcs8) || !openssl.spki.equals(spki)) expect({ pkcs8, spki }).toEqual(openssl);
    }
    expect(encodings(makeKeyPair().pkcs8).key.asymmetricKeyType).toBe("ec");
  },
);

test.each([2048, 3072] as const)("RSA keys have %i bits, and both halves belong together", (bits) => {
  const { pkcs8, spki } = openKeyPairs(`rsa-${bits}`)();
  const openssl = encodings(pkcs8);
  expect(openssl.spki).toEqual(spki);
  expect(openssl.key.asymmetricKeyDetails).toEqual({ modulusLength: bits, publicExponent: 65537n });
});

test("no two pairs share a key or memory", () => {
  const makeKeyPair = openKeyPairs("ec-p256");
  const [first, second] = [makeKeyPair(), makeKeyPair()];
  expect(first.pkcs8.equals(second.pkcs8)).toBe(false);
  const kept = Buffer.from(second.pkcs8);
  first.pkcs8.fill(0);
  expect(second.pkcs8).toEqual(kept);
  expect(second.pkcs8.buffer.byteLength).toBe(second.pkcs8.length);
});
