import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { awaitKernelLock, takeKernelLock } from "../../../src/ledger/sqlite/kernel-lock.ts";
import { temporaryFolder } from "../ledger-world.ts";

test("a file is held by one alone, until it is let go, and holding it writes nothing", () => {
  const path = join(temporaryFolder(), "locks", "one");
  const first = takeKernelLock(path);
  expect(takeKernelLock(path)).toBeUndefined();
  const other = takeKernelLock(join(path, "..", "two"));
  expect(other).toBeDefined();
  // Letting go of another file, and a try that failed, leave the first one held.
  other?.release();
  expect(takeKernelLock(path)).toBeUndefined();
  const locks = join(path, "..");
  expect(readdirSync(locks).map((name) => [name, statSync(join(locks, name)).size])).toEqual([
    ["one", 0],
    ["two", 0],
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  first?.release();
  const second = takeKernelLock(path);
  expect(second).toBeDefined();
  second?.release();
});

test("a process that waits has the file once it is released, and gives up when it is not", async () => {
  const path = join(temporaryFolder(), "one");
  const first = takeKernelLock(path);
  expect(await awaitKernelLock(path, 0)).toBeUndefined();
  const waiting = awaitKernelLock(path, 600_000);
  first?.release();
  const second = await waiting;
  expect(second).toBeDefined();
  second?.release();
});

test("a lock that cannot be made is the disk's error", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "locks"), "");
  expect(() => takeKernelLock(join(folder, "locks", "one"))).toThrow(
    expect.objectContaining({ code: "disk-unwritable" }),
  );
});
