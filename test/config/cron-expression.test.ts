import { expect, test } from "vitest";
import { parseCron } from "../../src/config/cron-expression.ts";

test("a working day's early shift", () => {
  expect(parseCron("30 5 * * 1-5")).toEqual({
    minutes: [30],
    hours: [5],
    daysOfMonth: Array.from({ length: 31 }, (_, day) => day + 1),
    months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    daysOfWeek: [1, 2, 3, 4, 5],
    anyDayOfMonth: true,
    anyDayOfWeek: false,
  });
});

test("lists, steps, names and Sunday as 7", () => {
  expect(parseCron("*/20 6-10/2,22 1 jan,DEC fri-7")).toMatchObject({
    minutes: [0, 20, 40],
    hours: [6, 8, 10, 22],
    daysOfMonth: [1],
    months: [1, 12],
    daysOfWeek: [0, 5, 6],
    anyDayOfMonth: false,
  });
});

test.each([
  "60 * * * *",
  "* 24 * * *",
  "* * 0 * *",
  "* * * 13 *",
  "* * * * 8",
  "5-1 * * * *",
  "*/0 * * * *",
  "*/60 * * * *",
  "x * * * *",
  "1,, * * * *",
  "-1 * * * *",
])("%s is refused", (expression) => {
  expect(parseCron(expression)).toEqual({ fault: expect.stringMatching(/^has ".*" as its /) });
});
