import { test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:device tells what each way to find a device takes", async () => {
  const text = await runBench("device", "600", "--rounds", "1");
  for (const line of ["start", "by id", "by serial number", "by public key"]) figuresOf(text, line, 2);
});
