import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { execPath, pid } from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { currentLockOwner, isAlive } from "../../src/ledger/lock-owner.ts";

test("a lock's owner is this host, boot and process", () => {
  const me = currentLockOwner();
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  expect(me).toEqual({ host: hostname(), bootId, pid, processStart: expect.stringMatching(/^[0-9]+$/) });
  expect(isAlive(me, me)).toBe(true);
});

test("a process number that belongs to another process now is dead", () => {
  const me = currentLockOwner();
  expect(isAlive({ ...me, processStart: "1" }, me)).toBe(false);
});

test("a process of another boot is dead, one of another host may be alive", () => {
  const me = currentLockOwner();
  expect(isAlive({ ...me, bootId: "another" }, me)).toBe(false);
  expect(isAlive({ ...me, host: "another", bootId: "another" }, me)).toBe(true);
});

test("a process lives until it is killed, whatever brackets its name holds", async () => {
  const script = 'process.title = "a) b ("; console.log("up"); setInterval(() => undefined, 1000);';
  const child = spawn(execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  const me = currentLockOwner();
  const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
  expect(stat).toContain("(a) b ()");
  const owner = { ...me, pid: child.pid ?? 0, processStart: stat.split("(a) b () ").at(1)?.split(" ").at(19) ?? "" };
  expect(isAlive(owner, me)).toBe(true);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  expect(isAlive(owner, me)).toBe(false);
});
