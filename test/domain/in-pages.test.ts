import { expect, test } from "vitest";
import { inPages } from "../../src/domain/in-pages.ts";

test("values come in their order, so many at a time, and no page is empty", () => {
  expect([...inPages([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...inPages("abcd", 2)]).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  expect([...inPages([], 2)]).toEqual([]);
});
