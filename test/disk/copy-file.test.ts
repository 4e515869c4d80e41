import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { copyFile } from "../../src/disk/copy-file.ts";

test("a copy is whole, also of more than is read at once, takes an old file's place and keeps the permissions", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-copy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  const content = Buffer.alloc(2_500_000, "0123456789");
  writeFileSync(from, content);
  chmodSync(from, 0o600);
  writeFileSync(to, "old");
  copyFile(from, to);
  expect(readFileSync(to).equals(content)).toBe(true);
  expect(statSync(to).mode & 0o777).toBe(0o600);
  expect(() => copyFile(join(folder, "none"), to)).toThrow("none");
  expect(readFileSync(to).equals(content)).toBe(true);
});
