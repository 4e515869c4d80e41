import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { destroyFile } from "../../src/disk/destroy-file.ts";

test("a file is overwritten in place before it goes, and one that is not there is fine", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-destroy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "segment.csv");
  writeFileSync(path, "a".repeat(150_000));
  // An open file shows what became of its octets after its name is gone.
  const file = openSync(path, "r");
  destroyFile(path);
  const found = Buffer.alloc(150_001, 1);
  expect(readSync(file, found)).toBe(150_000);
  expect(found.subarray(0, 150_000).every((octet) => octet === 0)).toBe(true);
  closeSync(file);
  expect(existsSync(path)).toBe(false);
  expect(() => destroyFile(path)).not.toThrow();
});
