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

/** How far two primes may lie apart to be found: one step finds what differs by about the fourth root of the modulus. */
const FERMAT_STEPS = 256;

/**
 * Whether the two primes are so close that some hundred steps of Fermat's method find them (CVE-2022-26320, of
 * generators that take the next prime after the first). Primes that were drawn independently never are.
 */
export function hasClosePrimes(modulus: bigint): boolean {
  if (modulus <= 0n) return false;
  let root = squareRoot(modulus);
  if (root * root < modulus) root += 1n;
  let difference = root * root - modulus;
  for (let step = 0; step < FERMAT_STEPS; step++) {
    if (isSquare(difference)) return true;
    difference += 2n * root + 1n;
    root += 1n;
  }
  return false;
}

/** Most numbers are seen to be no squares by their last bits and by their rest modulo small primes. */
const SQUARES = [64, 63, 65, 11].map((modulus) => ({
  modulus: BigInt(modulus),
  rests: new Set(Array.from({ length: modulus }, (_, value) => (value * value) % modulus)),
}));

function isSquare(value: bigint): boolean {
  if (SQUARES.some(({ modulus, rests }) => !rests.has(Number(value % modulus)))) return false;
  const root = squareRoot(value);
  return root * root === value;
}

/** The integer part of the square root, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(16).length * 2 + 1));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
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
