import { createCipheriv, createHmac } from "node:crypto";
import { derInteger, derNull, derOctetString, derOid, derSequence } from "../asn1/der.ts";
import { type Encrypted, openPbes2 } from "./pbes2.ts";
import { bmpPassword, openPkcs12Kdf, PURPOSE } from "./pkcs12-kdf.ts";
import type { RandomOctets } from "./random-pool.ts";

export type Pkcs12Recipe = "modern" | "legacy";

/** One file's password at work. */
export interface Protection {
  readonly iterations: number;
  encrypt(plaintext: Uint8Array): Encrypted;
  readonly macSalt: Buffer;
  readonly macOctets: number;
  /** AlgorithmIdentifier of the MAC's digest. */
  readonly macDigest: Buffer;
  mac(content: Uint8Array): Buffer;
}

interface WithPassword {
  readonly password: string;
}

/**
 * Calls `write` once per entry with that entry's password at work, and wipes the derived keys
 * afterwards. Several entries at once cost less than one after the other.
 */
export type Protect = <E extends WithPassword>(
  entries: readonly E[],
  write: (entry: E, protection: Protection) => Buffer,
) => Buffer[];

/**
 * - modern: PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA256, MAC over SHA-256.
 * - legacy: pbeWithSHAAnd3-KeyTripleDES-CBC, MAC over SHA-1, for readers from before 2021.
 *
 * `parts` is how many times each protection encrypts.
 */
export function openProtect(recipe: Pkcs12Recipe, iterations: number, parts: number, random: RandomOctets): Protect {
  return recipe === "modern" ? openModern(iterations, random) : openLegacy(iterations, parts, random);
}

function openModern(iterations: number, random: RandomOctets): Protect {
  const kdf = openPkcs12Kdf("sha256");
  const pbes2 = openPbes2(iterations, random);
  const macDigest = derSequence(derOid("2.16.840.1.101.3.4.2.1"), derNull());
  return (entries, write) => {
    const requests = entries.map(({ password }) => {
      return { purpose: PURPOSE.mac, password: bmpPassword(password), salt: random(20), length: 32 };
    });
    const macKeys = kdf(requests, iterations);
    try {
      return requests.map(({ salt }, index) => {
        const [entry, macKey] = [at(entries, index), at(macKeys, index)];
        return pbes2(entry.password, (encrypt) =>
          write(entry, {
            iterations,
            encrypt,
            macSalt: salt,
            macOctets: 32,
            macDigest,
            mac: (content) => createHmac("sha256", macKey).update(content).digest(),
          }),
        );
      });
    } finally {
      wipe(macKeys);
      wipe(requests.map(({ password }) => password));
    }
  };
}

function openLegacy(iterations: number, parts: number, random: RandomOctets): Protect {
  const kdf = openPkcs12Kdf("sha1");
  const macDigest = derSequence(derOid("1.3.14.3.2.26"), derNull());
  return (entries, write) => {
    const passwords = entries.map(({ password }) => bmpPassword(password));
    // The initialisation vector comes from the salt here, so each part has a salt of its own.
    const requests = passwords.flatMap((password) => [
      { purpose: PURPOSE.mac, password, salt: random(8), length: 20 },
      ...Array.from({ length: parts }, () => random(8)).flatMap((salt) => [
        { purpose: PURPOSE.key, password, salt, length: 24 },
        { purpose: PURPOSE.iv, password, salt, length: 8 },
      ]),
    ]);
    const derived = kdf(requests, iterations);
    const each = 1 + parts * 2;
    try {
      return entries.map((entry, index) => {
        const first = index * each;
        let next = first + 1;
        return write(entry, {
          iterations,
          encrypt: (plaintext) => {
            if (next >= first + each) throw new RangeError(`more than ${parts} parts to encrypt`);
            const { salt } = at(requests, next);
            const cipher = createCipheriv("des-ede3-cbc", at(derived, next), at(derived, next + 1));
            next += 2;
            const parameters = derSequence(derOctetString(salt), derInteger(iterations));
            return {
              algorithm: derSequence(derOid("1.2.840.113549.1.12.1.3"), parameters),
              ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]),
            };
          },
          macSalt: at(requests, first).salt,
          macOctets: 20,
          macDigest,
          mac: (content) => createHmac("sha1", at(derived, first)).update(content).digest(),
        });
      });
    } finally {
      wipe(derived);
      wipe(passwords);
    }
  };
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no element ${index}`);
  return value;
}

function wipe(secrets: readonly Buffer[]): void {
  for (const secret of secrets) secret.fill(0);
}
