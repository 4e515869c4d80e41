import { createCipheriv, pbkdf2Sync } from "node:crypto";
import { derInteger, derNull, derOctetString, derOid, derSequence } from "../asn1/der.ts";
import type { RandomOctets } from "./random-pool.ts";

const SALT_OCTETS = 20;
const IV_OCTETS = 16;
const KEY_OCTETS = 32;

/** Ciphertext with the AlgorithmIdentifier that says how to undo it. */
export interface Encrypted {
  readonly algorithm: Buffer;
  readonly ciphertext: Buffer;
}

/** Derives a key from the password, lends it to `use` as a cipher, and wipes it. */
export type Pbes2 = <T>(password: string, use: (encrypt: (plaintext: Uint8Array) => Encrypted) => T) => T;

/**
 * PBES2 (RFC 8018, 6.2) with AES-256-CBC and PBKDF2-HMAC-SHA256. One salt and one derived key serve
 * all that is encrypted in one use: each message has an initialisation vector of its own, and who
 * guesses passwords needs one message only.
 */
export function openPbes2(iterations: number, random: RandomOctets): Pbes2 {
  const { template, saltAt, ivAt } = algorithmTemplate(iterations);
  return (password, use) => {
    const salt = random(SALT_OCTETS);
    const key = pbkdf2Sync(password, salt, iterations, KEY_OCTETS, "sha256");
    try {
      return use((plaintext) => {
        const iv = random(IV_OCTETS);
        const algorithm = Buffer.from(template);
        algorithm.set(salt, saltAt);
        algorithm.set(iv, ivAt);
        const cipher = createCipheriv("aes-256-cbc", key, iv);
        return { algorithm, ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]) };
      });
    } finally {
      key.fill(0);
    }
  };
}

/** The PRF is named, since its absence means HMAC-SHA1, and so is the key length, as Java does (RFC 8018, A.2 and A.4). */
function algorithmTemplate(iterations: number) {
  const saltHole = derOctetString(Buffer.alloc(SALT_OCTETS));
  const prf = derSequence(derOid("1.2.840.113549.2.9"), derNull());
  const template = derSequence(
    derOid("1.2.840.113549.1.5.13"),
    derSequence(
      derSequence(
        derOid("1.2.840.113549.1.5.12"),
        derSequence(saltHole, derInteger(iterations), derInteger(KEY_OCTETS), prf),
      ),
      derSequence(derOid("2.16.840.1.101.3.4.1.42"), derOctetString(Buffer.alloc(IV_OCTETS))),
    ),
  );
  return { template, saltAt: template.indexOf(saltHole) + 2, ivAt: template.length - IV_OCTETS };
}
