import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:start tells the CPU time of a bare Node.js, of --version and of status", async () => {
  const program = fileURLToPath(new URL("../../bin/lotmint", import.meta.url));
  const text = await runBench("start", "--rounds", "1", "--program", program);
  figuresOf(text, "node -e 0:", 1);
  for (const line of ["lotmint --version:", "lotmint status:"]) figuresOf(text, line, 2);
});
