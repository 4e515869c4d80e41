/**
 * The repeated hash of four digests side by side, in the vector registers that WebAssembly has (SIMD, i32x4). The code
 * is written out here for the readers alone: the writers have their own, and neither knows of the other. What it
 * computes is compared with OpenSSL before it is used.
 */
import { hash } from "node:crypto";
import { type Code, type LaneCode, type LaneWord, newLaneCode, type Variable } from "./lane-code.ts";

export type LaneDigest = "sha1" | "sha256";

/** Replaces each of four digests by the hash of itself, `times` times over; all of one length. */
export type FourLanes = (digests: readonly Buffer[], times: number) => readonly Buffer[];

export const LANES = 4;

/** WebAssembly is part of the runtime but not of its type definitions. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

/** The message block of a digest: its words, one bit, zeros, and its length in bits (FIPS 180-4, 5.1.1). */
function blockOf(digest: readonly LaneWord[]): LaneWord[] {
  const zeros = new Array<number>(14 - digest.length).fill(0);
  return [...digest, 1 << 31, ...zeros, digest.length * 32];
}

type Registers = [Variable, Variable, Variable, Variable, Variable, Variable, Variable, Variable];

/** FIPS 180-4, 6.2.2, with every round written out. */
function writeSha256(to: LaneCode, digest: readonly Variable[], tables: Tables): void {
  const { start, round } = tables;
  const registers = to.newVariables(8);
  const schedule = to.newVariables(16);
  const message = blockOf(digest);
  for (const [index, register] of registers.entries()) to.assign(register, to.push(start[index] ?? 0));
  const order = [...registers] as Registers;
  let [now, before] = to.newVariables(2) as [Variable, Variable];
  to.assign(before, to.xor(to.push(order[1]), to.push(order[2])));
  for (let t = 0; t < 64; t++) {
    if (t >= 16) {
      const [early, late] = [at(message, t - 15), at(message, t - 2)];
      const known: LaneWord[] = [at(message, t - 16), at(message, t - 7)];
      const codes: Code[] = [];
      if (typeof early === "number") known.push(sigmaOf(early, [7, 18], 3));
      else codes.push(to.sigma(early, [7, 18], 3));
      if (typeof late === "number") known.push(sigmaOf(late, [17, 19], 10));
      else codes.push(to.sigma(late, [17, 19], 10));
      const target = at(schedule, t % 16);
      to.assign(target, to.sum(known, ...codes));
      message.push(target);
    }
    const [a, b, , d, e, f, g, h] = order;
    const choice = to.xor(to.push(g), to.and(to.push(e), to.xor(to.push(f), to.push(g))));
    to.assign(h, to.sum([at(round, t), at(message, t), h], choice, to.sigma(e, [6, 11, 25])));
    to.assign(d, to.sum([d, h]));
    // Majority is ((a ^ b) & (b ^ c)) ^ b, and b ^ c was a ^ b in the round before.
    to.assign(now, to.xor(to.push(a), to.push(b)));
    const majority = to.xor(to.and(to.push(now), to.push(before)), to.push(b));
    to.assign(h, to.sum([h], majority, to.sigma(a, [2, 13, 22])));
    [now, before] = [before, now];
    order.unshift(order.pop() as Variable);
  }
  for (const [index, word] of digest.entries()) to.assign(word, to.sum([start[index] ?? 0, at(order, index)]));
}

/** FIPS 180-4, 6.1.2, with every round written out. */
function writeSha1(to: LaneCode, digest: readonly Variable[], { start, round }: Tables): void {
  const registers = to.newVariables(5);
  const schedule = to.newVariables(16);
  const [mixed] = to.newVariables(1) as [Variable];
  const message = blockOf(digest);
  for (const [index, register] of registers.entries()) to.assign(register, to.push(start[index] ?? 0));
  const order = [...registers] as [Variable, Variable, Variable, Variable, Variable];
  for (let t = 0; t < 80; t++) {
    if (t >= 16) {
      const words = [3, 8, 14, 16].map((back) => at(message, t - back));
      const known = words.reduce<number>((sum, word) => (typeof word === "number" ? sum ^ word : sum), 0);
      const parts = words.filter((word) => typeof word !== "number").map((word) => to.push(word));
      to.assign(mixed, to.xor(...parts, ...(known === 0 ? [] : [to.push(known)])));
      const target = at(schedule, t % 16);
      to.assign(target, to.rotateLeft(mixed, 1));
      message.push(target);
    }
    const [a, b, c, d, e] = order;
    const differing = to.xor(to.push(c), to.push(d));
    let mix = to.xor(to.push(b), differing);
    if (t < 20) mix = to.xor(to.push(d), to.and(to.push(b), differing));
    else if (t >= 40 && t < 60)
      mix = to.or(to.and(to.push(b), to.or(to.push(c), to.push(d))), to.and(to.push(c), to.push(d)));
    to.assign(e, to.sum([at(round, Math.floor(t / 20)), at(message, t), e], mix, to.rotateLeft(a, 5)));
    to.assign(b, to.rotateLeft(b, 30));
    order.unshift(order.pop() as Variable);
  }
  for (const [index, word] of digest.entries()) to.assign(word, to.sum([start[index] ?? 0, at(order, index)]));
}

function sigmaOf(word: number, rotations: readonly number[], shift: number): number {
  return rotations.reduce((sum, bits) => sum ^ ((word >>> bits) | (word << (32 - bits))), word >>> shift);
}

/** Initial hash value and constants of a hash function. */
export interface Tables {
  readonly start: readonly number[];
  readonly round: readonly number[];
}

/** Four lanes for one hash function; undefined where the machine cannot run them, or OpenSSL says otherwise. */
export function openFourLanes(digest: LaneDigest, tables: Tables): FourLanes | undefined {
  const lanes = instantiate(digest, tables);
  if (lanes === undefined) return undefined;
  const seeds = Array.from({ length: LANES }, (_, lane) => hash(digest, `reader's lane ${lane}`, "buffer"));
  const found = lanes(seeds, 2);
  const isRight = seeds.every((seed, lane) =>
    found[lane]?.equals(hash(digest, hash(digest, seed, "buffer"), "buffer")),
  );
  return isRight ? lanes : undefined;
}

function instantiate(digest: LaneDigest, tables: Tables): FourLanes | undefined {
  const words = tables.start.length;
  const code = newLaneCode(words);
  const chain = code.newVariables(words);
  for (const [index, word] of chain.entries()) code.assign(word, code.load(index));
  code.repeat(() => (digest === "sha256" ? writeSha256 : writeSha1)(code, chain, tables));
  for (const [index, word] of chain.entries()) code.store(index, word);
  const { octets, constants } = code.module();
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(octets)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(octets));
  const memory = new Int32Array((exports["memory"] as { readonly buffer: ArrayBuffer }).buffer);
  for (const [index, value] of constants.entries())
    memory.fill(value, (words + index) * LANES, (words + index + 1) * LANES);
  const repeat = exports["repeat"] as (times: number) => void;
  return (digests, times) => {
    for (const [lane, octets] of digests.entries()) {
      for (let word = 0; word < words; word++) memory[word * LANES + lane] = octets.readInt32BE(word * 4);
    }
    if (times > 0) repeat(times);
    const results = digests.map((_, lane) => {
      const result = Buffer.alloc(words * 4);
      for (let word = 0; word < words; word++) result.writeInt32BE(memory[word * LANES + lane] ?? 0, word * 4);
      return result;
    });
    memory.fill(0, 0, words * LANES);
    return results;
  };
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no element ${index}`);
  return value;
}
