import { type FourLanes, LANES, type LaneDigest, openFourLanes, type Tables } from "./hash-lanes.ts";

/**
 * The hash of a hash of a hash, as FIPS 180-4 describes it, for digests only: a message of 20 or 32
 * octets is one block. A call into OpenSSL costs more than the block, so it is computed here, apart from
 * the writers' own way. A mistake in it could only make a good keystore look closed, never the other way round.
 */
export function repeatHash(digest: LaneDigest, octets: readonly Buffer[], times: number): readonly Buffer[] {
  const lanes = lanesOf(digest);
  if (lanes === undefined) return octets.map((each) => repeatOne(digest, each, times));
  const results: Buffer[] = [];
  // A single digest in four lanes still costs less than by itself in JavaScript.
  for (let start = 0; start < octets.length; start += LANES) {
    results.push(...lanes(octets.slice(start, start + LANES), times));
  }
  return results;
}

/** Made when they are needed first; undefined where the machine has none. */
const opened = new Map<LaneDigest, FourLanes | undefined>();

function lanesOf(digest: LaneDigest): FourLanes | undefined {
  if (!opened.has(digest)) opened.set(digest, openFourLanes(digest, TABLES[digest]));
  return opened.get(digest);
}

function repeatOne(digest: LaneDigest, octets: Buffer, times: number): Buffer {
  const words = Int32Array.from({ length: octets.length / 4 }, (_, index) => octets.readInt32BE(index * 4));
  const compress = digest === "sha1" ? compressSha1 : compressSha256;
  const schedule = new Int32Array(digest === "sha1" ? 80 : 64);
  for (let round = 0; round < times; round++) {
    schedule.fill(0);
    schedule.set(words);
    // Padding: one bit, zeros, and the length in bits (5.1.1).
    schedule[words.length] = 1 << 31;
    schedule[15] = words.length * 32;
    compress(schedule, words);
  }
  const result = Buffer.alloc(octets.length);
  for (const [index, word] of words.entries()) result.writeInt32BE(word, index * 4);
  return result;
}

/** 5.3.1 and 6.1.2; `schedule` holds the block in its first 16 words. */
function compressSha1(schedule: Int32Array, result: Int32Array): void {
  for (let t = 16; t < 80; t++) {
    const mixed = (schedule[t - 3] ?? 0) ^ (schedule[t - 8] ?? 0) ^ (schedule[t - 14] ?? 0) ^ (schedule[t - 16] ?? 0);
    schedule[t] = (mixed << 1) | (mixed >>> 31);
  }
  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  let e = 0xc3d2e1f0 | 0;
  for (let t = 0; t < 80; t++) {
    let mix = 0;
    if (t < 20) mix = (((b & c) | (~b & d)) + 0x5a827999) | 0;
    else if (t < 40) mix = ((b ^ c ^ d) + 0x6ed9eba1) | 0;
    else if (t < 60) mix = (((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc) | 0;
    else mix = ((b ^ c ^ d) + 0xca62c1d6) | 0;
    const next = (((a << 5) | (a >>> 27)) + mix + e + (schedule[t] ?? 0)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  result[0] = 0x67452301 + a;
  result[1] = 0xefcdab89 + b;
  result[2] = 0x98badcfe + c;
  result[3] = 0x10325476 + d;
  result[4] = 0xc3d2e1f0 + e;
}

/** 4.2.2. */
const SHA256_ROUND = Int32Array.of(
  ...[0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
  ...[0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
  ...[0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
  ...[0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
  ...[0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
  ...[0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
  ...[0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
  ...[0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
);

/** 5.3.3 and 6.2.2; `schedule` holds the block in its first 16 words. */
function compressSha256(schedule: Int32Array, result: Int32Array): void {
  for (let t = 16; t < 64; t++) {
    const early = schedule[t - 15] ?? 0;
    const late = schedule[t - 2] ?? 0;
    const low = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const high = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    schedule[t] = (high + (schedule[t - 7] ?? 0) + low + (schedule[t - 16] ?? 0)) | 0;
  }
  let a = 0x6a09e667;
  let b = 0xbb67ae85 | 0;
  let c = 0x3c6ef372;
  let d = 0xa54ff53a | 0;
  let e = 0x510e527f;
  let f = 0x9b05688c | 0;
  let g = 0x1f83d9ab;
  let h = 0x5be0cd19;
  for (let t = 0; t < 64; t++) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const sum = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + sum + choice + (SHA256_ROUND[t] ?? 0) + (schedule[t] ?? 0)) | 0;
    const second = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  result[0] = 0x6a09e667 + a;
  result[1] = 0xbb67ae85 + b;
  result[2] = 0x3c6ef372 + c;
  result[3] = 0xa54ff53a + d;
  result[4] = 0x510e527f + e;
  result[5] = 0x9b05688c + f;
  result[6] = 0x1f83d9ab + g;
  result[7] = 0x5be0cd19 + h;
}

/** 4.2.1, 4.2.2, 5.3.1 and 5.3.3. */
const TABLES: Readonly<Record<LaneDigest, Tables>> = {
  sha1: {
    start: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
    round: [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6],
  },
  sha256: {
    start: [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
    round: [...SHA256_ROUND],
  },
};
