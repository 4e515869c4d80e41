import { expect, test } from "vitest";
import { listIds } from "../../src/domain/list-ids.ts";

test("all ids stand there while they are few", () => {
  expect([listIds([]), listIds(["a"]), listIds(["a", "b"], 2)]).toEqual(["", "a", "a, b"]);
});

test("of many the first stand there, and the others are counted", () => {
  expect(listIds(["a", "b", "c"], 2)).toBe("a, b and 1 more");
  expect(listIds(Array.from({ length: 25 }, (_, index) => `${index}`))).toBe(
    "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 15 more",
  );
});
