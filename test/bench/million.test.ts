import { test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:million tells time, CPU, ratio and memory of each command on a whole lot", async () => {
  const text = await runBench("million", "1200");
  // Wall, CPU, ratio and memory.
  for (const line of ["revoke --file ids.txt", "revoke --lot lot-1 --yes", "authority crl line", "check lot-1"]) {
    figuresOf(text, line, 4);
  }
  figuresOf(text, "bounds: rows", 1);
});
