import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openScratchFile } from "../../src/disk/scratch-file.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-scratch-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("what was appended is read back whole, as often as it is asked for, and appending goes on after it", () => {
  const path = join(temporaryFolder(), "x.new");
  const file = openScratchFile(path);
  const octets = Buffer.from(Array.from({ length: 700_000 }, (_, index) => index % 253));
  for (let at = 0; at < octets.length; at += 99_991) file.append(octets.subarray(at, at + 99_991));
  const read = () => Buffer.concat(Array.from(file.pieces(), (piece) => Buffer.from(piece)));
  expect(file.length()).toBe(octets.length);
  expect(read().equals(octets)).toBe(true);
  file.append(Buffer.from("more"));
  expect(read().equals(Buffer.concat([octets, Buffer.from("more")]))).toBe(true);
  file.discard();
  expect(existsSync(path)).toBe(false);
});

test("an empty one has no pieces", () => {
  const file = openScratchFile(join(temporaryFolder(), "x.new"));
  expect([file.length(), [...file.pieces()]]).toEqual([0, []]);
  file.discard();
});

test.skipIf(process.platform === "win32")("it is private, and takes the place of what a killed process left", () => {
  const path = join(temporaryFolder(), "x.new");
  writeFileSync(path, "left", { mode: 0o644 });
  const file = openScratchFile(path);
  expect([statSync(path).mode & 0o777, statSync(path).size]).toEqual([0o600, 0]);
  file.discard();
});

test("one that was cut short, or has no folder, is an error of the disk", () => {
  const path = join(temporaryFolder(), "x.new");
  const file = openScratchFile(path);
  file.append(Buffer.alloc(10));
  truncateSync(path, 4);
  expect(() => [...file.pieces()]).toThrow(expect.objectContaining({ code: "disk-unwritable" }));
  file.discard();
  expect(() => openScratchFile(join(path, "y", "z.new"))).toThrow(expect.objectContaining({ code: "disk-unwritable" }));
});
