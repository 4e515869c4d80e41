import { hash } from "node:crypto";
import { assemble, type Lanes, type Local, type Word, type WordMachine, type WordProgram } from "./wasm-lanes.ts";

export type ChainHash = "sha256" | "sha1";

/** Replaces each digest by the hash of itself, `rounds` times over, in place. */
export type HashChain = (digests: readonly Buffer[], rounds: number) => void;

export const DIGEST_OCTETS: Readonly<Record<ChainHash, number>> = { sha256: 32, sha1: 20 };

/**
 * The serial chain of hashes that the PKCS#12 key derivation is made of, about six times as fast as a
 * call into OpenSSL per round, and ten times for digests that come in fours. It is made once per
 * thread and proves itself against OpenSSL first; a machine on which it does not come out right, or
 * that has no WebAssembly, gets the calls into OpenSSL.
 */
export function openHashChain(algorithm: ChainHash): HashChain {
  const program = algorithm === "sha256" ? SHA256 : SHA1;
  const four = proven(assemble(program, 4), algorithm);
  const one = proven(assemble(program, 1), algorithm);
  return (digests, rounds) => {
    if (rounds <= 0) return;
    let next = 0;
    // Three digests cost less in four lanes than one after the other.
    for (; four !== undefined && digests.length - next > 2; next += 4) {
      runLanes(four, digests.slice(next, next + 4), rounds);
    }
    for (const digest of digests.slice(next)) {
      if (one === undefined) hashAgain(digest, algorithm, rounds);
      else runLanes(one, [digest], rounds);
    }
  };
}

function runLanes(machine: WordMachine, digests: readonly Buffer[], rounds: number): void {
  const { memory, lanes } = machine;
  for (const [lane, digest] of digests.entries()) {
    for (let word = 0; word * 4 < digest.length; word++) memory[word * lanes + lane] = digest.readInt32BE(word * 4);
  }
  machine.run(rounds);
  for (const [lane, digest] of digests.entries()) {
    for (let word = 0; word * 4 < digest.length; word++)
      digest.writeInt32BE(memory[word * lanes + lane] ?? 0, word * 4);
  }
  memory.fill(0);
}

/** The machine, if every lane of it agrees with OpenSSL. */
function proven(machine: WordMachine | undefined, algorithm: ChainHash): WordMachine | undefined {
  if (machine === undefined) return undefined;
  const seeds = Array.from({ length: machine.lanes }, (_, lane) => hash(algorithm, `lane ${lane}`, "buffer"));
  const expected = seeds.map((seed) => Buffer.from(seed));
  runLanes(machine, seeds, 3);
  for (const digest of expected) hashAgain(digest, algorithm, 3);
  return seeds.every((seed, lane) => expected[lane]?.equals(seed)) ? machine : undefined;
}

function hashAgain(digest: Buffer, algorithm: ChainHash, rounds: number): void {
  for (let round = 0; round < rounds; round++) hash(algorithm, digest, "buffer").copy(digest);
}

/** FIPS 180-4, 4.2.2 and 5.3.3: the first 32 bits of the fractional parts of roots of the first primes. */
const PRIMES = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
  113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239,
  241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311,
];
const SHA256_START = PRIMES.slice(0, 8).map((prime) => fractionBits(Math.sqrt(prime)));
const SHA256_ROUND = PRIMES.map((prime) => fractionBits(Math.cbrt(prime)));

function fractionBits(root: number): number {
  return ((root % 1) * 2 ** 32) | 0;
}

/** SHA-256 of 32 octets: one block, of which the second half is padding (FIPS 180-4, 5.1.1, 6.2). */
const SHA256: WordProgram = {
  words: 8,
  emit: (lanes, eachRound) => {
    const { add, and, xor, rotateRight, shiftRight, set, tee } = lanes;
    const chain = Array.from({ length: 8 }, lanes.local);
    const schedule = Array.from({ length: 16 }, lanes.local);
    const rows = Array.from({ length: 8 }, lanes.local);
    const temporary = lanes.local();
    for (const [index, word] of chain.entries()) set(word, lanes.load(index));
    eachRound(() => {
      const message: Word[] = [...chain, 1 << 31, 0, 0, 0, 0, 0, 0, 256];
      let state: Word[] = [...SHA256_START];
      let [now, before] = [lanes.local(), lanes.local()];
      let changed: Word = xor(at(state, 1), at(state, 2));
      for (let round = 0; round < 64; round++) {
        if (round >= 16) {
          const early = at(message, round - 15);
          const late = at(message, round - 2);
          const word = add(
            at(message, round - 16),
            xor(rotateRight(early, 7), rotateRight(early, 18), shiftRight(early, 3)),
            at(message, round - 7),
            xor(rotateRight(late, 17), rotateRight(late, 19), shiftRight(late, 10)),
          );
          message.push(settle(lanes, at(schedule, round % 16), word));
        }
        const [a, b, c, d, e, f, g, h] = state as [Word, Word, Word, Word, Word, Word, Word, Word];
        const choice = xor(g, and(e, xor(f, g)));
        const sum = add(
          h,
          at(SHA256_ROUND, round),
          at(message, round),
          choice,
          xor(rotateRight(e, 6), rotateRight(e, 11), rotateRight(e, 25)),
        );
        const t1 = settle(lanes, temporary, sum);
        // maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and this round's a ^ b is the next one's b ^ c.
        const differing = xor(a, b);
        const kept: Word = typeof differing === "number" ? differing : tee(now, differing);
        const majority = xor(and(kept, changed), b);
        changed = typeof differing === "number" ? differing : now;
        [now, before] = [before, now];
        // The new e takes the place of d, the new a that of h.
        const nextE = settle(lanes, at(rows, (68 - round) % 8), add(d, t1));
        const spread = xor(rotateRight(a, 2), rotateRight(a, 13), rotateRight(a, 22));
        const nextA = settle(lanes, at(rows, (64 - round) % 8), add(t1, majority, spread));
        state = [nextA, a, b, c, nextE, e, f, g];
      }
      for (const [index, word] of chain.entries()) set(word, add(at(state, index), at(SHA256_START, index)));
    });
    for (const [index, word] of chain.entries()) lanes.store(index, word);
  },
};

const SHA1_START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
const SHA1_ROUND = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

/** SHA-1 of 20 octets: one block (FIPS 180-4, 6.1). */
const SHA1: WordProgram = {
  words: 5,
  emit: (lanes, eachRound) => {
    const { add, and, xor, rotateRight, set } = lanes;
    const chain = Array.from({ length: 5 }, lanes.local);
    const schedule = Array.from({ length: 16 }, lanes.local);
    const rows = Array.from({ length: 3 }, lanes.local);
    const turned = Array.from({ length: 3 }, lanes.local);
    for (const [index, word] of chain.entries()) set(word, lanes.load(index));
    eachRound(() => {
      const message: Word[] = [...chain, 1 << 31, 0, 0, 0, 0, 0, 0, 0, 0, 0, 160];
      let state: Word[] = [...SHA1_START];
      for (let round = 0; round < 80; round++) {
        if (round >= 16) {
          const mixed = xor(...[3, 8, 14, 16].map((back) => at(message, round - back)));
          message.push(settle(lanes, at(schedule, round % 16), rotateRight(mixed, 31)));
        }
        const [a, b, c, d, e] = state as [Word, Word, Word, Word, Word];
        const quarter = Math.floor(round / 20);
        let mix = xor(b, c, d);
        if (quarter === 0) mix = xor(d, and(b, xor(c, d)));
        if (quarter === 2) mix = xor(c, and(xor(b, c), xor(c, d)));
        const sum = add(e, at(SHA1_ROUND, quarter), at(message, round), mix, rotateRight(a, 27));
        const top = settle(lanes, at(rows, round % 3), sum);
        state = [top, a, settle(lanes, at(turned, round % 3), rotateRight(b, 2)), c, d];
      }
      for (const [index, word] of chain.entries()) set(word, add(at(state, index), at(SHA1_START, index)));
    });
    for (const [index, word] of chain.entries()) lanes.store(index, word);
  },
};

/** Keeps a word that is not a constant in a local, so that it is computed once. */
function settle(lanes: Lanes, local: Local, word: Word): Word {
  return typeof word === "number" ? word : lanes.set(local, word);
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no element ${index}`);
  return value;
}
