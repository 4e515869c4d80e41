import type { KeyObject } from "node:crypto";
import { describeKey } from "../key-algorithm.ts";
import { hasClosePrimes, hasRocaFingerprint, hasSmallFactor } from "./weak-modulus.ts";

const MIN_BITS = 2048;
const MAX_BITS = 4096;
const MIN_EXPONENT = 65_537n;
/** Larger ones are no faster and no safer, and readers differ about them (FIPS 186-5, A.1.1). */
const MAX_EXPONENT = 2n ** 256n;

/** Octets of a SubjectPublicKeyInfo before the coordinates: a named curve and an uncompressed point (RFC 5480, 2). */
const CURVES: Readonly<Record<string, Buffer>> = {
  prime256v1: Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex"),
  secp384r1: Buffer.from("3076301006072a8648ce3d020106052b8104002203620004", "hex"),
};

/**
 * Why a certificate must not be issued for a public key, in a clause; undefined: it may. `spki` is the key
 * as it came, in DER. RSA of 2048 to 4096 bits without known weaknesses, and EC on P-256 and P-384.
 */
export function publicKeyProblem(key: KeyObject, spki: Buffer): string | undefined {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return rsaProblem(key);
    case "ec":
      return ecProblem(key, spki);
    default:
      return `its key is ${describeKey(key)}; RSA and EC keys are certified only`;
  }
}

function rsaProblem(key: KeyObject): string | undefined {
  const { n } = key.export({ format: "jwk" });
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const modulus = BigInt(`0x${Buffer.from(n ?? "", "base64url").toString("hex") || "0"}`);
  if (modulusLength < MIN_BITS) return `its RSA key has ${modulusLength} bits; at least ${MIN_BITS} are needed`;
  if (modulusLength > MAX_BITS) return `its RSA key has ${modulusLength} bits; at most ${MAX_BITS} are taken`;
  if (publicExponent < MIN_EXPONENT) {
    return `its RSA key has the public exponent ${publicExponent}; at least ${MIN_EXPONENT} is needed`;
  }
  if (publicExponent % 2n === 0n || publicExponent >= MAX_EXPONENT) {
    return "its RSA key has a public exponent that is even or far too large; use 65537";
  }
  if (modulus % 2n === 0n) return "its RSA key has an even modulus, so it is no RSA key";
  if (hasSmallFactor(modulus)) return "its RSA key has a modulus with a small factor, so anybody can compute the key";
  if (hasRocaFingerprint(modulus)) {
    return "its RSA key was made by a chip with a broken generator (ROCA, CVE-2017-15361), so others can compute the key";
  }
  if (hasClosePrimes(modulus)) {
    return "its RSA key has two primes that lie close together (CVE-2022-26320), so anybody can compute the key";
  }
  return undefined;
}

function ecProblem(key: KeyObject, spki: Buffer): string | undefined {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? "";
  const head = Object.hasOwn(CURVES, curve) ? CURVES[curve] : undefined;
  if (head === undefined) return `its EC key is on curve ${curve || "without a name"}; P-256 and P-384 are taken`;
  return spki.subarray(0, head.length).equals(head)
    ? undefined
    : "its EC key is written in a form that not every reader knows; name the curve, and do not compress the point";
}
