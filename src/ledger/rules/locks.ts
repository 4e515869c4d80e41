import { OnboardingError } from "../../domain/error.ts";
import { isAlive } from "../lock-owner.ts";
import { LOCK_PATIENCE_MS, type LockOwner, type Locks } from "../locks.ts";
import type { Engine } from "./engine.ts";
import { requireHold } from "./require-hold.ts";
import type { LockRow } from "./statements/locks.ts";

/** One run at a time per lot: taking, beating, letting go. */
export function lockRules({ write }: Engine): Locks {
  return {
    acquireLot: (lot, owner) =>
      write(async (on, append) => {
        const row = (await on.lotNumber(lot)) ?? (await on.addLot(lot));
        const lock = await on.lockOf(row);
        const taken = lock?.held === true ? lock : undefined;
        if (taken !== undefined) {
          refuseWhileHeld(lot, taken, owner);
          await on.endRun(taken.run, null);
        }
        const fence = (lock?.fence ?? 0) + 1;
        const run = await on.addRun(row, fence, owner);
        await on.takeLock(row, fence, run, owner);
        const detail = { run, fence, host: owner.host, pid: owner.pid, takenOver: taken?.run ?? null };
        append({ chain: row, kind: "run-started", subject: lot, detail });
        return { lot, run, fence };
      }),

    beat: (hold) =>
      write(async (on) => {
        await requireHold(on, hold);
      }),

    releaseLot: (hold, exitCode) =>
      write(async (on, append) => {
        const chain = await on.lotNumber(hold.lot);
        if (chain === undefined || !(await on.freeLock(hold))) return;
        await on.endRun(hold.run, exitCode);
        append({ chain, kind: "run-ended", subject: hold.lot, detail: { run: hold.run, exitCode } });
      }),
  };
}

function refuseWhileHeld(lot: string, lock: LockRow, me: LockOwner): void {
  if (lock.silentMs > LOCK_PATIENCE_MS || !isAlive(lock, me)) return;
  throw new OnboardingError(
    `lot ${lot} is held by another run (host ${lock.host}, process ${lock.pid}); wait for it to end and run again`,
    { code: "lot-held" },
  );
}
