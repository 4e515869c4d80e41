import { expect, test } from "vitest";
import { assemble, type WordProgram } from "../../src/keystore/wasm-lanes.ts";

/** x <- (rotr(x ^ 0x9e3779b9, 7) + (x >>> 3)) & 0xfffffff1, with a constant that folds. */
const MIX: WordProgram = {
  words: 1,
  emit: (lanes, eachRound) => {
    const word = lanes.local();
    lanes.set(word, lanes.load(0));
    eachRound(() => {
      const turned = lanes.rotateRight(lanes.xor(word, lanes.add(0x9e000000, 0x3779b9)), 7);
      lanes.set(word, lanes.and(lanes.add(turned, lanes.shiftRight(word, 3)), 0xfffffff1));
    });
    lanes.store(0, word);
  },
};

function mix(start: number, rounds: number): number {
  let word = start;
  for (let round = 0; round < rounds; round++) {
    const mixed = word ^ 0x9e3779b9;
    word = (((mixed >>> 7) | (mixed << 25)) + (word >>> 3)) & 0xfffffff1;
  }
  return word | 0;
}

test.each([1, 4] as const)("a program gives what its arithmetic says, in %i lane(s)", (lanes) => {
  const machine = assemble(MIX, lanes);
  const starts = [1, -2, 0x7fffffff, 0x12345678].slice(0, lanes);
  machine?.memory.set(starts);
  machine?.run(5);
  expect([...(machine?.memory ?? [])]).toEqual(starts.map((start) => mix(start, 5)));
});
