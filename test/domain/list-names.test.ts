import { expect, test } from "vitest";
import { listNames } from "../../src/domain/list-names.ts";

test("a long list ends with how many more there are, and never with one more", () => {
  const names = Array.from({ length: 1020 }, (_, index) => `n${index}`);
  expect(listNames(names.slice(0, 6), 5)).toBe("n0, n1, n2, n3, n4, n5");
  expect(listNames(names.slice(0, 20), 5)).toBe("n0, n1, n2, n3, n4 and 15 more");
  expect(listNames(names, 2, "; ")).toBe("n0; n1 and 1 018 more");
  expect(listNames([], 5)).toBe("");
});
