import { expect, test } from "vitest";
import { countTries } from "../../../src/page/access/tries.ts";

function counted() {
  let nowMs = 0;
  const tries = countTries(() => nowMs);
  const wrong = (address: string, times = 1) => {
    for (let time = 0; time < times; time++) tries.wrong(address);
  };
  return { tries, wrong, pass: (ms: number) => (nowMs += ms) };
}

test("the pause after wrong tokens grows, and a right one ends it for that address", () => {
  const { tries, wrong } = counted();
  wrong("10.0.0.1", 5);
  expect(tries.waitMs("10.0.0.1")).toBe(0);
  const pauses = Array.from({ length: 12 }, () => {
    wrong("10.0.0.1");
    return tries.waitMs("10.0.0.1");
  });
  expect(pauses.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
  expect(pauses.at(-1)).toBe(15 * 60_000);
  expect(tries.waitMs("10.0.0.2")).toBe(0);
  tries.right("10.0.0.1");
  expect(tries.waitMs("10.0.0.1")).toBe(0);
});

test("a pause ends by the clock, and after an hour an address begins anew", () => {
  const { tries, wrong, pass } = counted();
  wrong("10.0.0.1", 6);
  pass(999);
  expect(tries.waitMs("10.0.0.1")).toBe(1);
  pass(1);
  expect(tries.waitMs("10.0.0.1")).toBe(0);
  pass(61 * 60_000);
  wrong("10.0.0.1", 5);
  expect(tries.waitMs("10.0.0.1")).toBe(0);
});

test("many addresses together are slowed down too, for half a minute at most", () => {
  const { tries, wrong } = counted();
  for (let host = 0; host < 130; host++) wrong(`10.0.1.${host}`);
  expect(tries.waitMs("10.0.9.9")).toBe(30_000);
});

test("an IPv6 address counts with all of its network, an IPv4 one that is written as IPv6 as itself", () => {
  const { tries, wrong } = counted();
  for (let host = 1; host <= 6; host++) wrong(`2001:db8:0:7::${host}`);
  expect(tries.waitMs("2001:0db8::7:9:9:9:9")).toBe(1000);
  expect(tries.waitMs("2001:db8:0:8::1")).toBe(0);
  wrong("::ffff:10.0.0.5", 6);
  expect(tries.waitMs("10.0.0.5")).toBe(1000);
  expect(tries.waitMs("::ffff:10.0.0.6")).toBe(0);
});

test("what is remembered is bounded: with ten thousand newer addresses the oldest is forgotten", () => {
  let nowMs = 0;
  const tries = countTries(() => nowMs);
  for (let time = 0; time < 10; time++) tries.wrong("10.9.9.9");
  for (let host = 0; host < 10_000; host++) tries.wrong(`10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`);
  // All together have had their pause by then.
  nowMs += 31_000;
  expect(tries.waitMs("10.9.9.9")).toBe(0);
});
