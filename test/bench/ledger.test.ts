import { test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:ledger tells CPU and busy time of each step", async () => {
  const text = await runBench("ledger", "300");
  for (const step of ["take in", "mint", "list", "submit", "in all"]) figuresOf(text, step, 2);
});
