import { expect, it } from "vitest";
import { MOST_AT_ONCE, makePace, type Pace } from "../../src/platform/pace.ts";

/** One round: as many questions as may be under way, all answered in so many milliseconds. */
function round(pace: Pace, tookMs: number | ((index: number) => number), underWay = pace.atOnce): void {
  const begun = Array.from({ length: underWay }, (_, index) => pace.begin(index + 1));
  for (const [index, question] of begun.entries()) {
    pace.answered(question, typeof tookMs === "number" ? tookMs : tookMs(index));
  }
}

function rounds(pace: Pace, count: number, tookMs: number): void {
  for (let index = 0; index < count; index += 1) round(pace, tookMs);
}

it("grows by one a window, up to the most", () => {
  const pace = makePace();
  expect(pace.atOnce).toBe(4);
  rounds(pace, 2, 40);
  expect(pace.atOnce).toBe(5);
  rounds(pace, 200, 40);
  expect(pace.atOnce).toBe(MOST_AT_ONCE);
});

it("does not grow while fewer are asked than may be", () => {
  const pace = makePace();
  for (let index = 0; index < 100; index += 1) round(pace, 40, 1);
  expect(pace.atOnce).toBe(4);
});

it("halves at an overload, once for all questions that were under way, and never goes below one", () => {
  const pace = makePace();
  rounds(pace, 200, 40);
  const begun = Array.from({ length: 64 }, (_, index) => pace.begin(index + 1));
  for (const question of begun) pace.overloaded(question);
  expect(pace.atOnce).toBe(32);
  for (let index = 0; index < 20; index += 1) pace.overloaded(pace.begin(1));
  expect(pace.atOnce).toBe(1);
});

it("is not slowed by one late answer, and is by a window of them", () => {
  const pace = makePace();
  rounds(pace, 30, 40);
  const before = pace.atOnce;
  round(pace, (index) => (index === 0 ? 5000 : 40));
  expect(pace.atOnce).toBe(before + 1);
  round(pace, 400);
  expect(pace.atOnce).toBeLessThan(before);
});

it("takes what one question at a time costs as the new measure", () => {
  const pace = makePace();
  rounds(pace, 30, 40);
  rounds(pace, 100, 400);
  // The platform is slower for good: it is asked more at a time all the same.
  rounds(pace, 300, 400);
  expect(pace.atOnce).toBeGreaterThan(8);
});

it("approaches the number of the last overload at once, and then with care", () => {
  const pace = makePace();
  rounds(pace, 14, 40);
  const ceiling = pace.atOnce;
  pace.overloaded(pace.begin(ceiling));
  rounds(pace, 20, 40);
  expect(pace.atOnce).toBe(ceiling);
  rounds(pace, 200, 40);
  expect(pace.atOnce).toBe(MOST_AT_ONCE);
});

it("counts an overload that was told beside the questions once until others have begun", () => {
  const pace = makePace();
  rounds(pace, 200, 40);
  pace.overloadedBeside();
  pace.overloadedBeside();
  expect(pace.atOnce).toBe(32);
});
