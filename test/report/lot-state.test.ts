import { expect, test } from "vitest";
import { lotState } from "../../src/report/lot-state.ts";

test("done is green, rejects are amber, everything else is red", () => {
  expect(lotState(0).lamp).toBe("green");
  expect(lotState(3).lamp).toBe("amber");
  for (const exitCode of [1, 2, 10, 11, 12, 13, 14, 15, 16, 130, 99]) expect(lotState(exitCode).lamp).toBe("red");
});

test("every exit code of a run has words of its own", () => {
  const words = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 130].map((exitCode) => lotState(exitCode).word);
  expect(new Set(words).size).toBe(words.length);
  expect(words).not.toContain(lotState(99).word);
});
