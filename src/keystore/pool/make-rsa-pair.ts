import { generateKeyPairSync } from "node:crypto";
import { type PoolAlgorithm, RSA_BITS } from "../../domain/key-pool.ts";
import type { PooledPair } from "./seal-key.ts";

/** A new RSA key pair from OpenSSL's generator, with the exponent 65537; the caller wipes it. */
export function makeRsaPair(algorithm: PoolAlgorithm): PooledPair {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: RSA_BITS[algorithm],
    publicExponent: 0x10001,
    privateKeyEncoding: { type: "pkcs8", format: "der" },
    publicKeyEncoding: { type: "spki", format: "der" },
  });
  return { pkcs8: privateKey, spki: publicKey };
}
