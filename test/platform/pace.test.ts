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

/** A pace that has met a limit at 8, and stands at 4. */
function limitedPace(): Pace {
  const pace = makePace();
  rounds(pace, 2, 40);
  expect(pace.atOnce).toBe(8);
  pace.overloaded(pace.begin(8));
  expect(pace.atOnce).toBe(4);
  return pace;
}

it("doubles with each window until a limit shows, up to the most", () => {
  const pace = makePace();
  const seen = [pace.atOnce];
  for (let window = 0; window < 6; window += 1) {
    rounds(pace, pace.atOnce === 4 ? 2 : 1, 40);
    seen.push(pace.atOnce);
  }
  expect(seen).toEqual([4, 8, 16, 32, 64, 64, 64]);
});

it.each<readonly [string, number, (pace: Pace) => void]>([
  ["a refusal", 8, (pace) => pace.overloaded(pace.begin(16))],
  ["one of an upload", 8, (pace) => pace.overloadedBeside()],
  ["slow answers", 12, (pace) => round(pace, 200)],
])("grows by one a window once %s has shown a limit", (_name, left, showLimit) => {
  const pace = makePace();
  rounds(pace, 3, 40);
  expect(pace.atOnce).toBe(16);
  showLimit(pace);
  expect(pace.atOnce).toBe(left);
  rounds(pace, 2, 40);
  expect(pace.atOnce).toBe(left + 2);
});

it("does not double while the platform refuses uploads, though nothing has been asked yet", () => {
  const pace = makePace();
  pace.overloadedBeside();
  expect(pace.atOnce).toBe(4);
  rounds(pace, 2, 40);
  expect(pace.atOnce).toBe(5);
});

it("judges a doubled number by questions that were begun under it", () => {
  const pace = makePace();
  const before = Array.from({ length: 16 }, (_, index) => pace.begin(Math.min(index + 1, 4)));
  for (const question of before) pace.answered(question, 40);
  expect(pace.atOnce).toBe(8);
});

it("grows by one a window after a limit, up to the most", () => {
  const pace = limitedPace();
  rounds(pace, 2, 40);
  expect(pace.atOnce).toBe(5);
  rounds(pace, 200, 40);
  expect(pace.atOnce).toBe(MOST_AT_ONCE);
});

it("does not take answers that it was late to read for slow ones, nor for a measure of the others", () => {
  const pace = makePace();
  rounds(pace, 3, 40);
  const begin = () => Array.from({ length: pace.atOnce }, (_, index) => pace.begin(index + 1));
  // This process did something else for 300 ms: any of them may have come after 10.
  for (const question of begin()) pace.answered(question, 310, 300);
  expect(pace.atOnce).toBe(32);
  round(pace, 40);
  expect(pace.atOnce).toBe(MOST_AT_ONCE);
  for (const question of begin()) pace.answered(question, 310, 100);
  expect(pace.atOnce).toBe(51);
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
  const pace = limitedPace();
  rounds(pace, 30, 40);
  const before = pace.atOnce;
  round(pace, (index) => (index === 0 ? 5000 : 40));
  expect(pace.atOnce).toBe(before + 1);
  rounds(pace, 2, 400);
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
  const pace = limitedPace();
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
