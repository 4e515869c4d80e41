import { expect, test } from "vitest";
import { keepProgress } from "../../src/watch/work-progress.ts";

/** What a picture of the rate has room for. */
const MOST_RATES = 120;

function keeper() {
  const clock = { ms: 1000 };
  const keep = keepProgress(
    () => clock.ms,
    () => clock.ms + 5_000_000,
  );
  const step = (room: string, done: number, total: number, passedMs: number) => {
    clock.ms += passedMs;
    keep.note({ room, done, total });
  };
  return { keep, clock, step };
}

test("without two moments apart there is no rate, and no time left", () => {
  const { keep, step } = keeper();
  expect(keep.progress).toBeNull();
  step("minting", 0, 100, 0);
  expect(keep.progress).toEqual({ room: "minting", done: 0, total: 100, ratePerSecond: null, secondsLeft: null });
});

test("the rate is that of the last seconds, not of the whole run", () => {
  const { keep, step } = keeper();
  step("minting", 0, 10_000, 0);
  for (let second = 1; second <= 60; second += 1) step("minting", second * 100, 10_000, 1000);
  for (let second = 1; second <= 30; second += 1) step("minting", 6000 + second * 10, 10_000, 1000);
  expect(keep.progress).toMatchObject({ ratePerSecond: 10, secondsLeft: 370 });
});

test("a run that has stopped moving gets slower while one looks, and has no end in sight only when nothing came", () => {
  const { keep, clock, step } = keeper();
  step("minting", 0, 100, 0);
  step("minting", 50, 100, 1000);
  expect(keep.progress).toMatchObject({ ratePerSecond: 50, secondsLeft: 1 });
  clock.ms += 99_000;
  expect(keep.progress).toMatchObject({ ratePerSecond: 0.5, secondsLeft: 100 });
  step("submitting", 0, 10, 0);
  step("submitting", 0, 10, 5000);
  expect(keep.progress).toMatchObject({ ratePerSecond: 0, secondsLeft: null });
});

test("steps that come close together do not make a rate of a moment, and another room begins anew", () => {
  const { keep, step } = keeper();
  step("reading", 0, 9, 0);
  step("reading", 9, 9, 1000);
  expect(keep.progress).toMatchObject({ secondsLeft: 0 });
  step("minting", 0, 1000, 1000);
  step("minting", 100, 1000, 1000);
  step("minting", 101, 1000, 1);
  expect(keep.progress?.ratePerSecond).toBeCloseTo(101, 0);
});

test("samples of the rate cover the whole run, are no more than can be drawn, and leave out what is no producing", () => {
  const { keep, step } = keeper();
  for (let second = 0; second < 30; second += 1) step("reading", second, 1e6, 1000);
  expect(keep.rates).toEqual([]);
  for (let second = 0; second < 3600; second += 1) step("minting", second * 5, 1e6, 1000);
  expect(keep.rates.length).toBeGreaterThan(MOST_RATES / 3);
  expect(keep.rates.length).toBeLessThanOrEqual(MOST_RATES);
  const times = keep.rates.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3_400_000);
  expect(new Set(keep.rates.map(({ perSecond }) => perSecond))).toEqual(new Set([5]));
});
