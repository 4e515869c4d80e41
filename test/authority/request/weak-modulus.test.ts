import { checkPrimeSync, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { hasClosePrimes, hasRocaFingerprint, hasSmallFactor } from "../../../src/authority/request/weak-modulus.ts";
import { brokenPrime, power, primeOf, primorial } from "../../fixtures/make-request.ts";

test.each([
  [256, 167],
  [1024, 701],
])("a modulus of two primes of %i bits from the broken generator is found out", (bits, bound) => {
  expect(hasRocaFingerprint(brokenPrime(bits, bound, 123_457n) * brokenPrime(bits, bound, 7_654_321n))).toBe(true);
});

test("one prime from the broken generator is not the fingerprint, nor are good keys", () => {
  expect(hasRocaFingerprint(brokenPrime(256, 167, 123_457n) * primeOf(256))).toBe(false);
  for (let count = 0; count < 5; count++) {
    const { n = "" } = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
    expect(hasRocaFingerprint(BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`))).toBe(false);
  }
});

test("a modulus that has a logarithm modulo each prime, but no common one, is no fingerprint", () => {
  // The orders of 65537 modulo 37 and 41 are both even, so no exponent is odd for the one and even for the other.
  const m = primorial(167);
  let residue = power(65_537n, 1n, m);
  expect(hasRocaFingerprint(residue)).toBe(true);
  while (residue % 41n !== power(65_537n, 2n, 41n)) residue = (residue + m / 41n) % m;
  expect(hasRocaFingerprint(residue)).toBe(false);
});

test("a factor below 752 is found, a larger one is not", () => {
  const prime = primeOf(512);
  expect(hasSmallFactor(prime * 3n)).toBe(true);
  expect(hasSmallFactor(prime * 751n)).toBe(true);
  expect(hasSmallFactor(prime * 757n)).toBe(false);
});

test("two primes that follow one another, or are the same, are found out, and good keys are not", () => {
  const prime = primeOf(1024);
  let next = prime + 2n;
  while (!checkPrimeSync(next)) next += 2n;
  expect(hasClosePrimes(prime * next)).toBe(true);
  expect(hasClosePrimes(prime * prime)).toBe(true);
  // A prime some 2^511 further: within the reach of a few steps for primes of 1024 bits.
  let far = prime + (1n << 511n);
  while (!checkPrimeSync(far)) far += 2n;
  expect(hasClosePrimes(prime * far)).toBe(true);
  for (let count = 0; count < 5; count++) expect(hasClosePrimes(primeOf(1024) * primeOf(1024))).toBe(false);
});

test("the search takes no numbers for moduli that are none, and ends", () => {
  for (const none of [0n, -3n, 1n, 2n]) expect(typeof hasClosePrimes(none)).toBe("boolean");
});
