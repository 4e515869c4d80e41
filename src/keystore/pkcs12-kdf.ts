import { hash } from "node:crypto";
import { type ChainHash, DIGEST_OCTETS, openHashChain } from "./hash-chain.ts";

/** What the derived octets are for (RFC 7292, B.3). */
export const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

export interface KdfRequest {
  readonly purpose: (typeof PURPOSE)[keyof typeof PURPOSE];
  /** As `bmpPassword` writes it. */
  readonly password: Buffer;
  readonly salt: Buffer;
  /** How many octets to derive. */
  readonly length: number;
}

/** Derives for several requests at once, which is cheaper than one after the other. */
export type Pkcs12Kdf = (requests: readonly KdfRequest[], iterations: number) => Buffer[];

/** Block size of SHA-1 and SHA-256: `v` in RFC 7292. */
const BLOCK = 64;

/** The password as the PKCS#12 derivation takes it: UTF-16, big-endian, with a terminator (RFC 7292, B.1). */
export function bmpPassword(password: string): Buffer {
  const octets = Buffer.allocUnsafe(password.length * 2 + 2);
  octets.writeUInt16LE(0, octets.write(password, "utf16le"));
  return octets.swap16();
}

/** The PKCS#12 key derivation of RFC 7292, B.2, over one hash. Made once per thread. */
export function openPkcs12Kdf(algorithm: ChainHash): Pkcs12Kdf {
  const chain = openHashChain(algorithm);
  const size = DIGEST_OCTETS[algorithm];
  return (requests, iterations) => {
    const derivations = requests.map((request) => ({
      length: request.length,
      derived: Buffer.allocUnsafe(Math.ceil(request.length / size) * size),
      input: firstInput(request),
    }));
    for (let done = 0; ; done += size) {
      const unfinished = derivations.filter(({ length }) => length > done);
      if (unfinished.length === 0) break;
      const digests = unfinished.map(({ input }) => hash(algorithm, input, "buffer"));
      chain(digests, iterations - 1);
      for (const [index, { derived, input, length }] of unfinished.entries()) {
        const digest = digests[index];
        digest?.copy(derived, done);
        if (digest !== undefined && length > done + size) advance(input, digest);
        digest?.fill(0);
      }
    }
    return derivations.map(({ derived, input, length }) => {
      input.fill(0);
      return derived.subarray(0, length);
    });
  };
}

/** D || I: the purpose, then salt and password, each repeated to whole blocks (RFC 7292, B.2, steps 1 to 4). */
function firstInput({ purpose, salt, password }: KdfRequest): Buffer {
  const saltEnd = BLOCK + Math.ceil(salt.length / BLOCK) * BLOCK;
  const input = Buffer.allocUnsafe(saltEnd + Math.ceil(password.length / BLOCK) * BLOCK).fill(purpose, 0, BLOCK);
  if (salt.length > 0) input.fill(salt, BLOCK, saltEnd);
  return input.fill(password, saltEnd);
}

/** Adds the last digest, repeated, plus one, to each block of I, modulo 2^512 (step 6C). */
function advance(input: Buffer, digest: Buffer): void {
  for (let block = BLOCK; block < input.length; block += BLOCK) {
    let carry = 1;
    for (let octet = BLOCK - 1; octet >= 0; octet--) {
      carry += (input[block + octet] ?? 0) + (digest[octet % digest.length] ?? 0);
      input[block + octet] = carry & 0xff;
      carry >>= 8;
    }
  }
}
