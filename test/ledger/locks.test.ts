import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { execPath } from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { currentLockOwner } from "../../src/ledger/lock-owner.ts";
import { openLedger } from "../../src/ledger/sqlite/open-ledger.ts";
import * as world from "./ledger-world.ts";

const SOURCE = new URL("../../src/ledger/", import.meta.url);

/** A process of its own that takes lot L1 and keeps it until it is killed. */
async function otherRun(path: string) {
  const script = `
    import { openLedger } from ${JSON.stringify(new URL("sqlite/open-ledger.ts", SOURCE).href)};
    import { currentLockOwner } from ${JSON.stringify(new URL("lock-owner.ts", SOURCE).href)};
    const ledger = await openLedger(${JSON.stringify(path)}, { now: () => Date.now() });
    await ledger.acquireLot("L1", currentLockOwner());
    console.log("holds");
    setInterval(() => undefined, 1000);`;
  const child = spawn(execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  return child;
}

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
  const hold = await ledger.acquireLot("L1", currentLockOwner());
  expect(hold.fence).toBe(2);
  await ledger.recordJob(hold, { issuer: "line-3", name: "job", json: "{}" });
  expect(await ledger.lot("L1")).toMatchObject({ lastExitCode: null, heldBy: currentLockOwner() });
  expect((await ledger.lot("L1"))?.lastRunAtMs).not.toBeNull();
});
