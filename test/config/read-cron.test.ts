import { expect, test } from "vitest";
import { readCron } from "../../src/config/read-cron.ts";

function days(expression: string, count: number): readonly string[] {
  const cron = readCron(expression, "UTC");
  if ("problem" in cron) throw new Error(cron.problem);
  return cron.nextRuns(count, new Date("2026-01-01T00:00:00Z")).map((at) => at.toISOString().slice(0, 16));
}

test("a working day's early shift", () => {
  expect(days("30 5 * * 1-5", 3)).toEqual(["2026-01-01T05:30", "2026-01-02T05:30", "2026-01-05T05:30"]);
});

test("lists, steps, names in any case and Sunday as 7", () => {
  expect(days(" */20 6-10/2,22  1 jan,DEC * ", 4)).toEqual([
    "2026-01-01T06:00",
    "2026-01-01T06:20",
    "2026-01-01T06:40",
    "2026-01-01T08:00",
  ]);
  expect(days("0 0 * * fri-7", 4)).toEqual([
    "2026-01-02T00:00",
    "2026-01-03T00:00",
    "2026-01-04T00:00",
    "2026-01-09T00:00",
  ]);
});

test("a step from a weekday on goes up to Sunday", () => {
  expect(days("0 0 * * fri/2", 3)).toEqual(["2026-01-02T00:00", "2026-01-04T00:00", "2026-01-09T00:00"]);
});

test("with both day fields given either will do, and a star in one leaves it to the other", () => {
  expect(days("0 0 15 * mon", 3)).toEqual(["2026-01-05T00:00", "2026-01-12T00:00", "2026-01-15T00:00"]);
  expect(days("0 0 */10 * mon", 2)).toEqual(["2026-05-11T00:00", "2026-06-01T00:00"]);
});

test.each([
  ["minute", "60 * * * *"],
  ["hour", "* 24 * * *"],
  ["day of month", "* * 0 * *"],
  ["month", "* * * 13 *"],
  ["month", "* * * 0 *"],
  ["day of week", "* * * * 8"],
  ["minute", "5-1 * * * *"],
  ["minute", "*/0 * * * *"],
  ["minute", "x * * * *"],
  ["minute", "1,, * * * *"],
  ["minute", "-1 * * * *"],
  ["month", "* * * janx *"],
  ["month", "* * * mon *"],
  ["day of week", "* * * * jan"],
])("croner's own check refuses a %s: %s", (name, expression) => {
  expect(readCron(expression)).toEqual({ problem: expect.stringContaining(`as its ${name}; expected `) });
});

test.each([
  ["minute", "*/60 * * * *"],
  ["hour", "0 */24 * * *"],
  ["minute", "/5 * * * *"],
  ["minute", "? * * * *"],
  ["day of month", "0 0 L * *"],
  ["day of month", "0 0 1W * *"],
  ["day of week", "0 0 * * 1#2"],
  ["day of week", "0 0 * * +1"],
  ["minute", "00005 * * * *"],
])("what croner would take is refused as a %s: %s", (name, expression) => {
  expect(readCron(expression)).toEqual({ problem: expect.stringContaining(`as its ${name}; expected `) });
});

test.each(["@daily", "2026-01-01T00:00:00", "* * * *", "* * * * * *", "* * * * * * *", ""])(
  "other than five fields are refused: %s",
  (expression) => {
    expect(readCron(expression)).toEqual({ problem: expect.stringMatching(/^has \d fields; cron has 5/) });
  },
);
