import { expect, test } from "vitest";
import { judge } from "../../src/watch/lot-outcome.ts";

test("each exit code of a run says what becomes of its file", () => {
  const verdicts = [0, 3, 2, 10, 12, 11, 13, 14, 15, 16, 130].map((code) => [code, judge(code, 1)]);
  expect(verdicts).toEqual([
    [0, "done"],
    [3, "done"],
    [2, "rejected"],
    [10, "rejected"],
    [12, "rejected"],
    [11, "again"],
    [13, "again"],
    [14, "again"],
    [15, "again"],
    [16, "again"],
    [130, "stopped"],
  ]);
});

test("a defect is tried three times before the file is rejected for it", () => {
  expect([judge(1, 1), judge(1, 2), judge(1, 3)]).toEqual(["again", "again", "rejected"]);
});

test("a platform that is away for a year turns nothing down", () => {
  expect(judge(13, 100_000)).toBe("again");
});
