import { expect, test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:key-pool tells what a lot costs with its keys made and with its keys drawn, and both ratios", async () => {
  const text = await runBench("key-pool", "--devices", "4");
  for (const line of ["keys made:", "keys drawn:", "drawn against made:"]) figuresOf(text, line, 2);
  expect(text).toContain("wanted 10");
});
