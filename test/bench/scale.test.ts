import { test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:scale tells CPU time and memory of each share, and what the last one costs of the second", async () => {
  // A batch is 250 devices, and a share has two of them.
  const text = await runBench("scale", "751", "2");
  figuresOf(text, "751 EC devices, Node v", 1);
  for (const share of ["1 ", "2 "]) figuresOf(text, share, 2);
  figuresOf(text, "last share / second share:", 1);
  figuresOf(text, "peak memory:", 1);
});
