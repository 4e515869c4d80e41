/**
 * Writes WebAssembly for the readers' own hash functions: vectors of four 32-bit words (SIMD, i32x4), every loop
 * written out. Constants are read from memory, since a vector in the code costs several instructions.
 */

/** Instructions of the core specification (5.4) that are used here. */
const LOAD = [0xfd, 0x00, 4];
const STORE = [0xfd, 0x0b, 4];
const SHIFT_LEFT = [0xfd, 0xab, 0x01];
const SHIFT_RIGHT = [0xfd, 0xad, 0x01];
const ADD = [0xfd, 0xae, 0x01];
const AND = [0xfd, 0x4e];
const OR = [0xfd, 0x50];
const XOR = [0xfd, 0x51];
const GET = 0x20;
const SET = 0x21;
const CONSTANT = 0x41;

/** A variable of the function. Variable 0 is the number of rounds left. */
export interface Variable {
  readonly variable: number;
}

/** A variable, or a number that is known while the code is written. */
export type LaneWord = Variable | number;

/** Writes, when it is called, code that leaves one vector on the stack. */
export type Code = () => void;

export type LaneCode = ReturnType<typeof newLaneCode>;

/** `slots` vectors of the memory are the caller's; the constants follow them. */
export function newLaneCode(slots: number) {
  const octets: number[] = [];
  const constants: number[] = [];
  let variables = 0;
  /** LEB128 of a number that is not negative. Of what is written as signed, all is below 64, where both are alike. */
  const put = (value: number): void => {
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) octets.push((rest & 0x7f) | 0x80);
    octets.push(rest);
  };
  const load =
    (slot: number): Code =>
    () => {
      octets.push(CONSTANT, 0, ...LOAD);
      put(slot * 16);
    };
  const pushWord = (word: LaneWord): void => {
    if (typeof word !== "number") {
      octets.push(GET);
      put(word.variable);
      return;
    }
    let at = constants.indexOf(word | 0);
    if (at < 0) at = constants.push(word | 0) - 1;
    load(slots + at)();
  };
  const push =
    (word: LaneWord): Code =>
    () =>
      pushWord(word);
  /** These vectors under one operation. */
  const join =
    (operation: readonly number[], ...codes: readonly Code[]): Code =>
    () => {
      for (const [index, code] of codes.entries()) {
        code();
        if (index > 0) octets.push(...operation);
      }
    };
  const shift =
    (word: LaneWord, bits: number, direction: readonly number[]): Code =>
    () => {
      pushWord(word);
      octets.push(CONSTANT, bits, ...direction);
    };
  const rotateLeft = (word: LaneWord, bits: number): Code =>
    join(OR, shift(word, bits, SHIFT_LEFT), shift(word, 32 - bits, SHIFT_RIGHT));
  return {
    newVariables: (count: number): readonly Variable[] =>
      Array.from({ length: count }, () => ({ variable: ++variables })),
    load,
    push,
    rotateLeft,
    xor: (...codes: readonly Code[]): Code => join(XOR, ...codes),
    and: (...codes: readonly Code[]): Code => join(AND, ...codes),
    or: (...codes: readonly Code[]): Code => join(OR, ...codes),
    store: (slot: number, word: LaneWord): void => {
      octets.push(CONSTANT, 0);
      pushWord(word);
      octets.push(...STORE);
      put(slot * 16);
    },
    assign: (target: Variable, code: Code): void => {
      code();
      octets.push(SET);
      put(target.variable);
    },
    /** The rotations to the right by these numbers of bits, and one shift where it is given, under XOR. */
    sigma: (word: LaneWord, rotations: readonly number[], shifted?: number): Code => {
      const parts = rotations.map((bits) => rotateLeft(word, 32 - bits));
      return join(XOR, ...parts, ...(shifted === undefined ? [] : [shift(word, shifted, SHIFT_RIGHT)]));
    },
    /** The sum of these, all numbers in one. */
    sum: (words: readonly LaneWord[], ...codes: readonly Code[]): Code => {
      const known = words.reduce<number>((sum, word) => (typeof word === "number" ? (sum + word) | 0 : sum), 0);
      const parts = words.filter((word) => typeof word !== "number").map(push);
      return join(ADD, ...(known === 0 ? [] : [push(known)]), ...parts, ...codes);
    },
    /** Everything that `write` writes is done again while rounds are left. */
    repeat: (write: () => void): void => {
      octets.push(0x03, 0x40);
      write();
      // i32.sub, local.tee, br_if, end
      octets.push(GET, 0, CONSTANT, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b);
    },
    /** A module whose function `repeat(times)` is this code, and the constants that belong behind the slots. */
    module: () => ({ octets: moduleOf([1, ...leb(variables), 0x7b, ...octets, 0x0b]), constants }),
  };
}

function moduleOf(code: readonly number[]): Uint8Array {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 1, 0x7f, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...exported("repeat", 0), ...exported("memory", 2)]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

function exported(name: string, kind: 0 | 2): number[] {
  return [name.length, ...Buffer.from(name, "latin1"), kind, 0];
}

function section(id: number, contents: readonly number[]): number[] {
  return [id, ...leb(contents.length), ...contents];
}

/** LEB128 of a number that is not negative. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}
