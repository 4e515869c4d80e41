import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { figuresOf, runBench } from "./run-bench.ts";

test("bench:mint tells bound, lotmint and ratio in each of its tables", async () => {
  const tiny = ["--seconds", "0.02", "--rounds", "1", "--workers", "1", "--devices", "20", "--keys", "1"];
  const text = await runBench("mint", ...tiny, "--folders", tmpdir(), "--no-tutorial");
  const lines = ["issuer ec-p384", "issuer rsa-2048", "issuer rsa-4096"];
  lines.push("key generation, 1 keys each", "key, certificate and PKCS#12");
  for (const line of lines) figuresOf(text, line, 3);
  const [first = "", ...rest] = text.split("Whole run of 20 EC devices");
  figuresOf(first, "issuer ec-p256", 3);
  for (const part of rest) figuresOf(part, tmpdir(), 3);
  expect(rest).toHaveLength(2);
});
