import { createECDH, createPrivateKey, createPublicKey } from "node:crypto";
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

test.each([
  { algorithm: "ec-p256", curve: "prime256v1", privateOctets: 32, head: 36 },
  { algorithm: "ec-p384", curve: "secp384r1", privateOctets: 48, head: 35 },
] as const)("$algorithm keys are encoded as OpenSSL encodes them", ({ algorithm, curve, privateOctets, head }) => {
  const makeKeyPair = openKeyPairs(algorithm);
  const ecdh = createECDH(curve);
  let leadingZeros = 0;
  // One key in 256 begins with a zero octet, which OpenSSL leaves out when asked for the bare key: until one has come.
  for (let made = 0; made < 300 || leadingZeros === 0; made++) {
    const { pkcs8, spki } = makeKeyPair();
    const openssl = encodings(pkcs8);
    // OpenSSL believes the public half that stands beside the private one, so that is computed anew.
    const secret = pkcs8.subarray(head, head + privateOctets);
    ecdh.setPrivateKey(secret);
    const whole = openssl.pkcs8.equals(pkcs8) && openssl.spki.equals(spki);
    const paired = ecdh.getPublicKey().equals(spki.subarray(spki.length - 1 - 2 * privateOctets));
    if (secret[0] === 0) leadingZeros++;
    expect([whole, paired]).toEqual([true, true]);
  }
});

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
