import { checkPrimeSync, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { derBitString, derInteger, derNull, derOid, derSequence } from "../../../src/asn1/der.ts";
import { publicKeyProblem } from "../../../src/authority/request/public-key-problem.ts";
import { brokenPrime, primeOf } from "../../fixtures/make-request.ts";
import { hasOpenssl, openssl } from "../../fixtures/other-readers.ts";

function errorOf(spki: Buffer): string | undefined {
  return publicKeyProblem(createPublicKey({ key: spki, format: "der", type: "spki" }), spki);
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

function octets(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** An RSA public key with whatever modulus and exponent. */
function rsa(modulus: bigint, exponent = 65_537n): Buffer {
  const key = derSequence(derInteger(octets(modulus)), derInteger(octets(exponent)));
  return derSequence(derSequence(derOid("1.2.840.113549.1.1.1"), derNull()), derBitString(key));
}

const GOOD = primeOf(1024) * primeOf(1024);
const CLOSE = primeOf(1025);

function primeAfter(prime: bigint): bigint {
  let next = prime + 2n;
  while (!checkPrimeSync(next)) next += 2n;
  return next;
}

test("RSA of 2048 to 4096 bits and EC on P-256 and P-384 are good", () => {
  expect(errorOf(rsa(GOOD))).toBeUndefined();
  expect(errorOf(rsa(primeOf(1152) * primeOf(1152)))).toBeUndefined();
  for (const namedCurve of ["P-256", "P-384"]) {
    expect(errorOf(spki(generateKeyPairSync("ec", { namedCurve }).publicKey))).toBeUndefined();
  }
});

test.each([
  ["too short", rsa(primeOf(1023) * primeOf(1024)), /has 20\d\d bits; at least 2048/],
  ["too long", rsa(primeOf(2052) * primeOf(2052)), /has 41\d\d bits; at most 4096/],
  ["exponent 3", rsa(GOOD, 3n), /public exponent 3; at least 65537/],
  ["an even exponent", rsa(GOOD, 65_538n), /even or far too large/],
  ["an exponent beyond reason", rsa(GOOD, 2n ** 256n + 1n), /even or far too large/],
  ["an even modulus", rsa(GOOD * 2n), /even modulus/],
  ["the broken generator", rsa(brokenPrime(1040, 701, 123_457n) * brokenPrime(1040, 701, 7_654_321n)), /ROCA/],
  ["close primes", rsa(CLOSE * primeAfter(CLOSE)), /close together \(CVE-2022-26320\)/],
  ["a small factor", rsa(primeOf(2047) * 751n), /small factor/],
])("an RSA key with or from %s is refused", (_, key, words) => {
  expect(errorOf(key)).toMatch(words);
});

test("other curves and other kinds of keys are refused by name", () => {
  expect(errorOf(spki(generateKeyPairSync("ec", { namedCurve: "secp521r1" }).publicKey))).toMatch(/curve secp521r1/);
  expect(errorOf(spki(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey))).toMatch(/curve secp256k1/);
  expect(errorOf(spki(generateKeyPairSync("ed25519").publicKey))).toMatch(/its key is ed25519/);
  expect(errorOf(spki(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).publicKey))).toMatch(/rsa-pss/);
});

test.skipIf(!hasOpenssl).each([
  ["a compressed point", ["-conv_form", "compressed"]],
  ["a curve that is written out", ["-param_enc", "explicit"]],
])("an EC key with %s is refused (skipped without openssl)", (_, form) => {
  const pem = openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout"]);
  const text = openssl(["ec", "-pubout", ...form], pem);
  expect(errorOf(Buffer.from(text.replace(/-----.*-----/g, ""), "base64"))).toMatch(/not every reader knows/);
});
