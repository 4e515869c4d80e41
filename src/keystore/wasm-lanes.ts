/**
 * A very small WebAssembly assembler for straight-line arithmetic on 32-bit words: enough to write a
 * hash function's compression with every loop unrolled and every constant folded. The same words come
 * out for one lane (i32) or for four at once (i32x4).
 */

/** WebAssembly's binary format, as far as it is used here (core specification, section 5). */
const OP = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32Sub: 0x6b,
  i32Type: 0x7f,
  v128Type: 0x7b,
  noResult: 0x40,
} as const;

/** A 32-bit word: a number while it is known at assembly time, else the code that pushes it. */
export type Word = number | readonly number[];

/** Writes the body of one function; made by `assemble`. */
export interface Lanes {
  /** A new local variable; its code pushes it. */
  local(): Local;
  /** The word at this place of the memory; `set` stores to the same places. */
  load(index: number): Word;
  store(index: number, word: Word): void;
  set(local: Local, word: Word): Word;
  /** Sets a local and pushes it, inside a larger expression. */
  tee(local: Local, word: Word): Word;
  add(...words: readonly Word[]): Word;
  and(a: Word, b: Word): Word;
  xor(...words: readonly Word[]): Word;
  rotateRight(word: Word, bits: number): Word;
  shiftRight(word: Word, bits: number): Word;
}

export type Local = readonly number[] & { readonly index: number };

/** A compression that is run over the words in memory, again and again. */
export interface WordProgram {
  /** How many words of memory it reads and writes, for each lane. */
  readonly words: number;
  /** Emits what is done before the loop, then one round. Runs once, at assembly. */
  emit(lanes: Lanes, eachRound: (emitRound: () => void) => void): void;
}

/** A running instance; `memory` holds word `i` of lane `l` at index `i * lanes + l`, in the machine's byte order. */
export interface WordMachine {
  readonly lanes: 1 | 4;
  readonly memory: Int32Array;
  run(rounds: number): void;
}

/** WebAssembly is part of the runtime but not of its type definitions. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

/** Assembles a program for one or four lanes; undefined where the machine cannot run it. */
export function assemble(program: WordProgram, laneCount: 1 | 4): WordMachine | undefined {
  const { bytes, constants, constantsAt } = write(program, laneCount);
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(bytes)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const memory = new Int32Array((exports["memory"] as { readonly buffer: ArrayBuffer }).buffer);
  for (const [index, value] of constants.entries()) {
    memory.fill(value, (constantsAt + index) * laneCount, (constantsAt + index + 1) * laneCount);
  }
  return {
    lanes: laneCount,
    memory: memory.subarray(0, program.words * laneCount),
    run: exports["run"] as (rounds: number) => void,
  };
}

interface Binary {
  readonly bytes: Uint8Array;
  /** Words that the code loads from memory, behind the program's own. */
  readonly constants: readonly number[];
  readonly constantsAt: number;
}

function write(program: WordProgram, laneCount: 1 | 4): Binary {
  const wide = laneCount === 4;
  const body: number[] = [];
  const constants = new Map<number, number>();
  let locals = 0;

  // A vector constant in the code costs several instructions; a load from memory is one, or none.
  const loadAt = (word: number): number[] => [
    OP.i32Const,
    0,
    ...(wide ? [0xfd, 0x00, 4, ...unsigned(word * 16)] : [0x28, 2, ...unsigned(word * 4)]),
  ];
  const push = (word: Word): readonly number[] => {
    if (typeof word !== "number") return word;
    if (!wide) return [OP.i32Const, ...signed(word | 0)];
    const known = constants.get(word | 0) ?? constants.size;
    constants.set(word | 0, known);
    return loadAt(program.words + known);
  };
  const binary = (a: Word, b: Word, scalar: number, vector: readonly number[]): Word => [
    ...push(a),
    ...push(b),
    ...(wide ? [0xfd, ...vector] : [scalar]),
  ];
  const shift = (word: Word, bits: number, scalar: number, vector: readonly number[]): Word => [
    ...push(word),
    OP.i32Const,
    ...signed(bits),
    ...(wide ? [0xfd, ...vector] : [scalar]),
  ];
  const newLocal = (): Local => {
    const index = 1 + locals++;
    return Object.assign([OP.localGet, ...unsigned(index)], { index });
  };
  let spare: Local | undefined;

  const lanes: Lanes = {
    local: newLocal,
    load: loadAt,
    store: (index, word) => {
      body.push(OP.i32Const, 0, ...push(word));
      body.push(...(wide ? [0xfd, 0x0b, 4, ...unsigned(index * 16)] : [0x36, 2, ...unsigned(index * 4)]));
    },
    set: (local, word) => {
      body.push(...push(word), OP.localSet, ...unsigned(local.index));
      return local;
    },
    tee: (local, word) => [...push(word), OP.localTee, ...unsigned(local.index)],
    add: (...words) => {
      const [first, ...others] = words.filter((word) => typeof word !== "number");
      const known = words.filter((word) => typeof word === "number").reduce((sum, word) => (sum + word) | 0, 0);
      if (first === undefined) return known;
      // The constant goes in first, since the last word is the one that is waited for.
      const start = known === 0 ? first : binary(first, known, 0x6a, [0xae, 0x01]);
      return others.reduce<Word>((sum, word) => binary(sum, word, 0x6a, [0xae, 0x01]), start);
    },
    and: (a, b) => (typeof a === "number" && typeof b === "number" ? a & b : binary(a, b, 0x71, [0x4e])),
    xor: (...words) =>
      words.reduce((a, b) => {
        if (typeof a === "number" && typeof b === "number") return a ^ b;
        if (a === 0 || b === 0) return a === 0 ? b : a;
        return binary(a, b, 0x73, [0x51]);
      }),
    rotateRight: (word, bits) => {
      if (typeof word === "number") return (word >>> bits) | (word << (32 - bits));
      if (!wide) return shift(word, bits, 0x78, []);
      // Vectors know no rotation; a word that is not in a local yet is put there to be read twice.
      spare ??= newLocal();
      const first = "index" in word ? word : lanes.tee(spare, word);
      const second = "index" in word ? word : spare;
      const right = shift(first, bits, 0, [0xad, 0x01]);
      return binary(right, shift(second, 32 - bits, 0, [0xab, 0x01]), 0, [0x50]);
    },
    shiftRight: (word, bits) => (typeof word === "number" ? word >>> bits : shift(word, bits, 0x76, [0xad, 0x01])),
  };

  program.emit(lanes, (emitRound) => {
    body.push(OP.loop, OP.noResult);
    emitRound();
    body.push(OP.localGet, 0, OP.i32Const, 1, OP.i32Sub, OP.localTee, 0, OP.branchIf, 0, OP.end);
  });

  const code = [1, ...unsigned(locals), wide ? OP.v128Type : OP.i32Type, ...body, OP.end];
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, OP.i32Type, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...named("run"), 0, 0, ...named("memory"), 2, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
  return { bytes, constants: [...constants.keys()], constantsAt: program.words };
}

function section(id: number, contents: readonly number[]): number[] {
  return [id, ...unsigned(contents.length), ...contents];
}

function named(name: string): number[] {
  return [name.length, ...Buffer.from(name, "latin1")];
}

/** LEB128, unsigned. */
function unsigned(value: number): number[] {
  const octets: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...octets, rest];
    octets.push((rest & 0x7f) | 0x80);
  }
}

/** LEB128, signed, of a 32-bit value. */
function signed(value: number): number[] {
  const octets: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...octets, rest & 0x7f];
    octets.push((rest & 0x7f) | 0x80);
  }
}
