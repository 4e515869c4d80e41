import { expect, test } from "vitest";
import { FORMATS } from "../../bench/keystore/formats.ts";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:keystore tells rate and CPU time of bound and lotmint for each format", async () => {
  const tiny = ["--seconds", "0.05", "--rounds", "1", "--workers", "1", "--count", "1"];
  const text = await runBench("keystore", ...tiny, "--without", "openssl,keytool,node-forge");
  const tables = text.split("\n\n").filter((table) => table.includes("files/s"));
  expect(tables.map((table) => table.split("\n")[0])).toEqual([...FORMATS]);
  for (const table of tables) {
    figuresOf(table, "bound", 2);
    figuresOf(table, "lotmint", 3);
  }
});
