import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { requireLocalDisk } from "../../../src/ledger/sqlite/local-disk.ts";
import * as world from "../ledger-world.ts";

const NFS = 0x6969;
/** SMB2's number, as statfs gives it where its type is a signed 32-bit one. */
const SMB2_SIGNED = 0xfe534d42 | 0;
const EXT4 = 0xef53;

test("a folder on a network share is refused, with the reason and the cure", () => {
  const folder = world.temporaryFolder();
  for (const type of [NFS, SMB2_SIGNED]) {
    expect(() => requireLocalDisk(folder, { fileSystemType: () => type })).toThrowError(
      expect.objectContaining({ code: "usage", message: expect.stringMatching(/network share.*local disk/) }),
    );
  }
  expect(() => requireLocalDisk(folder, { fileSystemType: () => EXT4 })).not.toThrow();
});

test("a folder that is not there yet is judged by the nearest one that is, and not made", () => {
  const home = world.temporaryFolder();
  const folder = join(home, "state", "deeper");
  const asked: string[] = [];
  const fileSystemType = (path: string) => {
    asked.push(path);
    return EXT4;
  };
  requireLocalDisk(folder, { fileSystemType });
  expect(asked).toEqual([home]);
  expect(existsSync(join(home, "state"))).toBe(false);
});

test("this machine's own temporary folder passes", () => {
  expect(() => requireLocalDisk(world.temporaryFolder())).not.toThrow();
});

test("on Windows a share is told by its final path, also behind a drive letter", () => {
  const behind = (path: string) => ({ system: "win32", finalPath: () => path }) as const;
  for (const share of ["\\\\server\\lots", "\\\\?\\UNC\\server\\lots"]) {
    expect(() => requireLocalDisk("Z:\\lots", behind(share))).toThrow(/network share/);
  }
  for (const local of ["C:\\lots", "\\\\?\\C:\\lots", "\\\\.\\Volume1\\lots"]) {
    expect(() => requireLocalDisk("C:\\lots", behind(local)), local).not.toThrow();
  }
});
