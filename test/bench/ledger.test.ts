import { test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:ledger tells CPU and busy time of each step", async () => {
  // So many that no step is shorter than the tick by which some kernels count CPU time.
  const text = await runBench("ledger", "3000");
  for (const step of ["take in", "mint", "list", "submit", "in all"]) figuresOf(text, step, 2);
});
