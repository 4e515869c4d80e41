import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { syncOrder } from "../../src/disk/sync-file-system.ts";

const { EINTR, EIO, ENOSYS } = constants.errno;

/** Answers each call with the next number, and the last one for ever. */
function answers(...numbers: number[]) {
  const calls: number[] = [];
  const syncfs = (descriptor: number) => {
    calls.push(descriptor);
    return numbers[Math.min(calls.length, numbers.length) - 1] ?? 0;
  };
  return { calls, syncfs };
}

test("a sync that a signal ended is repeated", () => {
  const { calls, syncfs } = answers(EINTR, EINTR, 0);
  syncOrder({ descriptor: 7, paths: [] }, syncfs);
  expect(calls).toEqual([7, 7, 7]);
});

test("an error of the disk is thrown by its name and not tried again: it is told once", () => {
  const { calls, syncfs } = answers(EIO, 0);
  expect(() => syncOrder({ descriptor: 7, paths: [] }, syncfs)).toThrow(expect.objectContaining({ code: "EIO" }));
  expect(calls).toEqual([7]);
});

test("where the system has no such call, each file is synced", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-sync-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "file"), "content");
  for (const syncfs of [undefined, answers(ENOSYS).syncfs]) {
    syncOrder({ descriptor: 7, paths: [folder] }, syncfs);
    expect(() => syncOrder({ descriptor: 7, paths: [folder, join(folder, "gone")] }, syncfs)).toThrow(/ENOENT.*gone/);
  }
});

test("on Windows files are synced through handles that may write, and no folder is", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-sync-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "device"));
  writeFileSync(join(folder, "device", "key.pem"), "");
  const synced: string[] = [];
  const syncPath = (path: string, flags: string) => synced.push(`${flags} ${path}`);
  syncOrder({ descriptor: undefined, paths: [folder] }, undefined, { system: "win32", syncPath });
  expect(synced).toEqual([`r+ ${join(folder, "device", "key.pem")}`]);
  synced.length = 0;
  syncOrder({ descriptor: undefined, paths: [join(folder, "device")] }, undefined, { system: "linux", syncPath });
  expect(synced.slice(0, 3)).toEqual([
    `r ${join(folder, "device", "key.pem")}`,
    `r ${join(folder, "device")}`,
    `r ${folder}`,
  ]);
});
