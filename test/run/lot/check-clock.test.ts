import { expect, test } from "vitest";
import { checkClock } from "../../../src/run/lot/check-clock.ts";

const NOW = Date.UTC(2026, 10, 23, 6);
const MINUTE = 60_000;

test("a clock that agrees within five minutes, or has nothing to be held against, is plausible", () => {
  checkClock(NOW, undefined, undefined);
  checkClock(NOW, NOW + 5 * MINUTE, NOW - 5 * MINUTE);
  checkClock(NOW, NOW - 400 * 86_400_000, NOW + 5 * MINUTE);
});

test("a clock behind the ledger's newest signature is refused, with both times", () => {
  expect(() => checkClock(NOW, NOW + 6 * MINUTE, undefined)).toThrow(
    /says 2026-11-23T06:00:00.000Z, but the ledger's newest signature is of 2026-11-23T06:06:00.000Z; set the clock/,
  );
});

test.each([-6, 6])("a clock %i minutes away from the platform's is refused", (minutes) => {
  expect(() => checkClock(NOW, undefined, NOW + minutes * MINUTE)).toThrow(
    expect.objectContaining({ code: "clock-implausible" }),
  );
});
