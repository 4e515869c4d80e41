/**
 * Known weaknesses of RSA moduli that show in the public key. Cheap: a fraction of the time that verifying
 * one signature takes.
 */

/** Odd primes below 752, the bound that the CA/Browser Forum gives (Baseline Requirements, 6.1.6). */
const ODD_PRIMES: readonly number[] = Array.from({ length: 749 }, (_, index) => index + 3).filter(isPrime);

/** The product of the odd primes below 168; the moduli of ROCA are built on it, or on a multiple of it. */
const ROCA_PRIMES = ODD_PRIMES.filter((prime) => prime <= 167);
const ROCA_GENERATOR = 65_537;

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false;
  return true;
}

/** True when some prime below 752 divides the odd number. */
export function hasSmallFactor(modulus: bigint): boolean {
  return ODD_PRIMES.some((prime) => modulus % BigInt(prime) === 0n);
}

/**
 * The fingerprint of the broken generator in Infineon's chips (CVE-2017-15361; Nemec and others, "The Return
 * of Coppersmith's Attack", 2017, 3.1): a modulus N that is a power of 65537 modulo a product of small primes.
 * Modulo each prime the logarithm is found by trying; together they are one logarithm if they agree where
 * the orders of 65537 have a common divisor. A good key has this by chance once in 2^150 times.
 */
export function hasRocaFingerprint(modulus: bigint): boolean {
  const known: { readonly exponent: number; readonly order: number }[] = [];
  for (const prime of ROCA_PRIMES) {
    const found = logarithm(Number(modulus % BigInt(prime)), prime);
    if (found === undefined) return false;
    known.push(found);
  }
  return known.every((one, index) =>
    known.slice(index + 1).every((other) => (one.exponent - other.exponent) % gcd(one.order, other.order) === 0),
  );
}

/** The exponent e with 65537^e = residue modulo the prime, and the order of 65537; undefined: there is none. */
function logarithm(residue: number, prime: number): { readonly exponent: number; readonly order: number } | undefined {
  const generator = ROCA_GENERATOR % prime;
  let exponent: number | undefined;
  let power = 1;
  let order = 0;
  do {
    if (power === residue) exponent = order;
    power = (power * generator) % prime;
    order++;
  } while (power !== 1);
  return exponent === undefined ? undefined : { exponent, order };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
