import { test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:check tells bound, check, their ratio and the memory", async () => {
  const text = await runBench("check", "--devices", "70", "--rounds", "1", "--seconds", "0.02", "--workers", "1");
  figuresOf(text, "bound", 1);
  figuresOf(text, "check", 2);
  figuresOf(text, "of the bound", 1);
  figuresOf(text, "peak memory", 1);
});
