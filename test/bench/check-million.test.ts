import { test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:check-million tells time and memory of a sample", async () => {
  const text = await runBench("check-million", "--devices", "600", "--real", "8", "--sample", "5", "--rounds", "1");
  for (const line of ["wall", "CPU", "memory"]) figuresOf(text, line, 1);
});
