import { expect, test } from "vitest";
import { listPasswords } from "../../src/mint/password-list.ts";

test("a long list comes in pieces, each of whole lines", () => {
  const passwords = new Map(Array.from({ length: 10_000 }, (_, index) => [`device-${index}`, "P".repeat(26)]));
  const pieces = [...listPasswords(passwords)];
  expect(pieces.length).toBeGreaterThan(3);
  expect(pieces.every((piece) => piece.endsWith("\n") && piece.length < 66_000)).toBe(true);
  expect(pieces.join("").split("\n")).toHaveLength(10_002);
});
