import { expect, test } from "vitest";
import { lotState } from "../../src/report/lot-state.ts";

test("done is green; rejects, a platform that is away and a stop by hand are amber; everything else is red", () => {
  expect(lotState(0).lamp).toBe("green");
  for (const exitCode of [3, 13, 130]) expect(lotState(exitCode).lamp).toBe("amber");
  for (const exitCode of [1, 2, 10, 11, 12, 14, 15, 16, 99]) expect(lotState(exitCode).lamp).toBe("red");
});

test("every exit code of a run has words of its own", () => {
  const words = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 130].map((exitCode) => lotState(exitCode).word);
  expect(new Set(words).size).toBe(words.length);
  expect(words).not.toContain(lotState(99).word);
});
