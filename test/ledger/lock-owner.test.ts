import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { pid } from "node:process";
import { expect, test } from "vitest";
import { currentLockOwner, hasEnded, mayLive } from "../../src/ledger/lock-owner.ts";

test("a lock's owner is this host, boot and process", () => {
  const me = currentLockOwner();
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  expect(me).toEqual({ host: hostname(), bootId, pid, processStart: expect.stringMatching(/^[0-9]+$/) });
});

test("of holders without the lot's file only one on another host under another kernel may be alive", () => {
  const me = currentLockOwner();
  const [host, bootId] = ["another", "another"];
  expect(mayLive(me, me)).toBe(false);
  expect(mayLive({ ...me, host }, me)).toBe(false);
  expect(mayLive({ ...me, bootId }, me)).toBe(false);
  expect(mayLive({ host, bootId }, me)).toBe(true);
});

test("without /proc, as on Windows, the host stands for its boot, and only another host's holder may live", () => {
  const me = currentLockOwner("win32");
  expect(me).toEqual({
    host: hostname(),
    bootId: `win32:${hostname()}`,
    pid,
    processStart: expect.stringMatching(/^[0-9]+$/),
  });
  expect(mayLive(currentLockOwner("win32"), me)).toBe(false);
  expect(mayLive({ host: "another", bootId: "win32:another" }, me)).toBe(true);
});

test("who only looks takes a holder for ended when its process is gone, and never one of another machine", () => {
  const me = currentLockOwner("linux");
  expect(hasEnded(me, me)).toBe(false);
  expect(hasEnded({ ...me, processStart: "1" }, me)).toBe(true);
  expect(hasEnded({ ...me, pid: 2 ** 22 - 1 }, me)).toBe(true);
  expect(hasEnded({ ...me, bootId: "an earlier one" }, me)).toBe(true);
  expect(hasEnded({ ...me, host: "line-pc-7", bootId: "another", processStart: "1" }, me)).toBe(false);
});
