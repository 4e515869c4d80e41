import { expect, test } from "vitest";
import { checkLotName, resolveLot } from "../../src/config/resolve-lot.ts";

const NOW = new Date(2026, 10, 3, 0, 30);

test.each([
  ["{file}", "/in/L2026-47-A.csv", "L2026-47-A"],
  ["{ file }-{date}", "/in/a.b.csv", "a.b-2026-11-03"],
  ["Weekly", "/in/x.csv", "Weekly"],
  ["{file}", "/in/no-ending", "no-ending"],
])("%s of %s is %s", (pattern, manifest, lot) => {
  expect(resolveLot(pattern, manifest, NOW)).toBe(lot);
});

test("what stands in a file's name is not taken for a placeholder", () => {
  expect(resolveLot("{file}", "/in/{date}.csv", NOW)).toBe("{date}");
});

test.each([
  ["", "is empty"],
  ["  ", "is empty"],
  ["..", "means a folder"],
  ["a/b", "holds / or \\"],
  ["a\\b", "holds / or \\"],
  ["a\nb", "holds a control or invisible character"],
  ["a\u200bb", "holds a control or invisible character"],
  ["\ud800", "holds half a character"],
  [" a", "begins or ends with a space"],
  ["x".repeat(101), "has more than 100 characters"],
  ["語".repeat(90), "is too long for a folder's name"],
])("%j cannot be a lot's name", (name, reason) => {
  expect(() => checkLotName(name)).toThrow(
    expect.objectContaining({ code: "usage", message: expect.stringContaining(reason) }),
  );
});
