import { hash } from "node:crypto";
import type { Steps } from "./steps.ts";

/** What the octets are derived for (RFC 7292, B.3). */
export const DERIVE_FOR = { key: 1, iv: 2, mac: 3 } as const;

/** Hash functions whose block is 64 octets; `derivePkcs12` knows no other. */
export type Pkcs12Digest = "sha1" | "sha256";

const BLOCK = 64;

/** A password as the classic derivation takes it: UTF-16BE with two zero octets (RFC 7292, B.1). */
export function passwordOctets(password: string): Buffer {
  return Buffer.from(`${password}\0`, "utf16le").swap16();
}

/** RFC 7292, B.2, step by step as it is written there; all rounds but the first are a step. */
export function* derivePkcs12(
  digest: Pkcs12Digest,
  password: Buffer,
  salt: Buffer,
  iterations: number,
  purpose: 1 | 2 | 3,
  length: number,
): Steps<Buffer> {
  const input = Buffer.concat([fillBlocks(salt), fillBlocks(password)]);
  const diversifier = Buffer.alloc(BLOCK, purpose);
  const derived: Buffer[] = [];
  for (let made = 0; made < length; ) {
    const first = hash(digest, Buffer.concat([diversifier, input]), "buffer");
    const round = yield { digest, octets: first, times: iterations - 1 };
    derived.push(round);
    made += round.length;
    const addend = fillBlocks(round);
    for (let block = 0; block < input.length; block += BLOCK) addOneMore(input.subarray(block, block + BLOCK), addend);
  }
  return Buffer.concat(derived).subarray(0, length);
}

function fillBlocks(octets: Buffer): Buffer {
  if (octets.length === 0) return Buffer.alloc(0);
  return Buffer.alloc(Math.ceil(octets.length / BLOCK) * BLOCK, octets);
}

/** block = (block + addend + 1) mod 2^512, in place. */
function addOneMore(block: Buffer, addend: Buffer): void {
  let carry = 1;
  for (let index = BLOCK - 1; index >= 0; index--) {
    carry += (block[index] ?? 0) + (addend[index] ?? 0);
    block[index] = carry & 0xff;
    carry >>= 8;
  }
}
