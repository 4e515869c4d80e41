import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { closeToOthers, keepsModes, wrongMode } from "../../src/disk/modes.ts";

test("a mode that is not the expected one is told in octal, and on Windows none is", () => {
  expect(wrongMode(0o100644, 0o600, "linux")).toBe("0644");
  expect(wrongMode(0o100600, 0o600, "linux")).toBeUndefined();
  // What Node.js shows of every file on Windows.
  expect(wrongMode(0o100666, 0o600, "win32")).toBeUndefined();
  expect([keepsModes("linux"), keepsModes("darwin"), keepsModes("win32")]).toEqual([true, true, false]);
});

test("a file that others may read is closed to them, and left alone on Windows", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-modes-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "file");
  writeFileSync(path, "");
  chmodSync(path, 0o644);
  closeToOthers(path, 0o600, "win32");
  expect(statSync(path).mode & 0o777).toBe(0o644);
  closeToOthers(path, 0o600, "linux");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
