import { expect, test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:submit tells what asking adds, and how a platform at its limit is asked", async () => {
  const text = await runBench("submit", "40", "5", "60");
  figuresOf(text, "with / without:", 2);
  for (const lot of ["lot ledger", "lot platform", "lot refuse", "lot queue"]) figuresOf(text, lot, 2);
  for (const excess of ["refuse", "queue"]) {
    const line = text.split("\n").find((each) => each.includes(`${excess}: asked in`)) ?? "";
    expect(line).toMatch(/asked in \d+\.\d s, at best \d+\.\d s; times \d+\.\d\d; (within|OVER) 1\.3$/);
    expect(text).toMatch(
      new RegExp(`${excess}: \\d+ of \\d+ later questions got 429, (within|OVER) 2 %; at most \\d+ at once`),
    );
  }
});
