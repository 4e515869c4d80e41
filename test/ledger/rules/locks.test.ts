import { spawn } from "node:child_process";
import { once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { currentLockOwner } from "../../../src/ledger/lock-owner.ts";
import { LOCK_PATIENCE_MS, type LockOwner } from "../../../src/ledger/locks.ts";
import type { Engine } from "../../../src/ledger/rules/engine.ts";
import { lockRules } from "../../../src/ledger/rules/locks.ts";
import type { Statements } from "../../../src/ledger/rules/statements.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import * as world from "../ledger-world.ts";

const SOURCE = new URL("../../../src/ledger/", import.meta.url);

/** A process of its own that takes lot L1 and keeps it until it is killed. */
async function otherRun(path: string, as: Partial<LockOwner> = {}) {
  const script = `
    import { openLedger } from ${JSON.stringify(new URL("sqlite/open-ledger.ts", SOURCE).href)};
    import { currentLockOwner } from ${JSON.stringify(new URL("lock-owner.ts", SOURCE).href)};
    const ledger = await openLedger(${JSON.stringify(path)}, { now: () => Date.now() });
    await ledger.acquireLot("L1", { ...currentLockOwner(), ...${JSON.stringify(as)} });
    console.log("holds");
    setInterval(() => undefined, 1000);`;
  const child = spawn(execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  return child;
}

/** The holder as one in another container would be seen: with process numbers of its own. */
const CONTAINED = { pid: 1, processStart: "1" };

test("a lot held in another container is never taken over while that lives, however silent, and is free once it is killed", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  let nowMs = Date.now();
  const child = await otherRun(path, CONTAINED);
  const ledger = await openLedger(path, { now: () => nowMs });
  onTestFinished(() => ledger.close());
  nowMs += LOCK_PATIENCE_MS * 10;
  for (const host of [hostname(), "another-container"]) {
    await expect(ledger.acquireLot("L1", { ...currentLockOwner(), host })).rejects.toMatchObject({
      code: "lot-held",
      message: `lot L1 is held by another run (host ${hostname()}, process 1); wait for it to end and run again`,
    });
  }
  const other = await ledger.acquireLot("L2", currentLockOwner());
  await ledger.releaseLot(other, 0);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  nowMs -= LOCK_PATIENCE_MS * 10;
  await expect(ledger.acquireLot("L1", { ...currentLockOwner(), host: "another-container" })).resolves.toMatchObject({
    fence: 2,
  });
});

test("a process holds several lots, and letting go of one leaves the others held", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const [mine, other] = [await openLedger(path, { now: Date.now }), await openLedger(path, { now: Date.now })];
  onTestFinished(() => Promise.all([mine.close(), other.close()]).then(() => undefined));
  const me = currentLockOwner();
  const first = await mine.acquireLot("L1", me);
  await mine.acquireLot("L2", me);
  for (const lot of ["L1", "L2", "l2"]) {
    await expect(other.acquireLot(lot, me)).rejects.toMatchObject({ code: "lot-held" });
  }
  await mine.releaseLot(first, 0);
  await expect(other.acquireLot("L2", me)).rejects.toMatchObject({ code: "lot-held" });
  const again = await other.acquireLot("L1", me);
  await expect(mine.acquireLot("L1", me)).rejects.toMatchObject({ code: "lot-held" });
  await other.releaseLot(again, 0);
  // A ledger that is closed lets go of what it held.
  await mine.close();
  await expect(other.acquireLot("L2", me)).resolves.toMatchObject({ lot: "L2" });
});

test("a lot held by a living process is refused; once that is killed, the lot is taken over", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const child = await otherRun(path);
  const ledger = await openLedger(path, { now: () => Date.now() });
  onTestFinished(() => ledger.close());
  await expect(ledger.acquireLot("L1", currentLockOwner())).rejects.toMatchObject({
    code: "lot-held",
    message: expect.stringContaining(`process ${child.pid}`),
  });
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  const lease = await ledger.acquireLot("L1", currentLockOwner());
  expect(lease.fence).toBe(2);
  await ledger.recordJob(lease, { issuer: "line-3", name: "job", json: "{}" });
  expect(await ledger.lot("L1")).toMatchObject({ lastExitCode: null, heldBy: currentLockOwner() });
  expect((await ledger.lot("L1"))?.lastRunAtMs).not.toBeNull();
});

const ME = { host: "line-1", bootId: "b", pid: 1, processStart: "1" };

/** Another process has the kernel's lock of the lot; its row stands there from the question `recorded` on. */
function heldEngine(recorded: number): { readonly engine: Engine; readonly asked: () => number } {
  let asked = 0;
  const on = {
    lotNumber: async () => 1,
    lockOf: async () => {
      asked += 1;
      return { held: asked >= recorded, host: "line-2", pid: 4711 };
    },
  } as unknown as Statements;
  const engine = {
    read: (act: (statements: Statements) => unknown) => act(on),
    lotLocks: { take: () => undefined },
  } as unknown as Engine;
  return { engine, asked: () => asked };
}

test("who holds a lot is told also where that is recorded a moment after its lock is taken", async () => {
  const { engine, asked } = heldEngine(3);
  await expect(lockRules(engine).acquireLot("A", ME)).rejects.toMatchObject({
    code: "lot-held",
    message: expect.stringContaining("(host line-2, process 4711)"),
  });
  expect(asked()).toBe(3);
});

test("a lot whose holder is never recorded is held all the same", async () => {
  const { engine } = heldEngine(Number.POSITIVE_INFINITY);
  await expect(lockRules(engine).acquireLot("A", ME)).rejects.toMatchObject({
    code: "lot-held",
    message: "lot A is held by another run; wait for it to end and run again",
  });
});
