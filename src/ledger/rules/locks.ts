import { setTimeout } from "node:timers/promises";
import { OnboardingError } from "../../domain/error.ts";
import { mayLive } from "../lock-owner.ts";
import { LOCK_PATIENCE_MS, type LockOwner, type Locks, type LotLease } from "../locks.ts";
import type { Append, Engine } from "./engine.ts";
import { findLotName } from "./find-lot-name.ts";
import { requireLease } from "./require-lease.ts";
import type { LockRow } from "./statements/locks.ts";
import type { Statements } from "./statements.ts";

/**
 * One run at a time per lot: taking, beating, letting go. Who holds a lot, the kernel says; the row with its fence
 * refuses the run that lost it.
 */
export function lockRules({ read, write, lotLocks }: Engine): Locks {
  return {
    acquireLot: async (lot, owner) => {
      const lock = lotLocks.take(lot);
      if (lock === undefined) throw heldByAnother(lot, await holderOf(read, lot));
      try {
        const lease = await write((on, append) => takeRow(on, append, lot, owner));
        lotLocks.keep(lease.run, lock);
        return lease;
      } catch (error) {
        lock.release();
        throw error;
      }
    },

    heartbeat: (lease) =>
      write(async (on) => {
        await requireLease(on, lease);
      }),

    releaseLot: (lease, exitCode) =>
      write(async (on, append) => {
        const chain = await on.lotNumber(lease.lot);
        if (chain === undefined || !(await on.freeLock(lease))) return;
        await on.endRun(lease.run, exitCode);
        append({ chain, kind: "run-ended", subject: lease.lot, detail: { run: lease.run, exitCode } });
      }).finally(() => lotLocks.release(lease.run)),
  };
}

/** Once this process has the kernel's lock, a holder under this kernel is dead; one under another must have missed its heartbeats. */
async function takeRow(on: Statements, append: Append, asked: string, owner: LockOwner): Promise<LotLease> {
  const lot = (await findLotName(on, asked)) ?? asked;
  const row = (await on.lotNumber(lot)) ?? (await on.addLot(lot));
  const lock = await on.lockOf(row);
  const taken = lock?.held === true ? lock : undefined;
  if (taken !== undefined) {
    if (livesElsewhere(taken, owner)) throw heldByAnother(lot, taken);
    await on.endRun(taken.run, null);
  }
  const fence = (lock?.fence ?? 0) + 1;
  const run = await on.addRun(row, fence, owner);
  await on.takeLock(row, fence, run, owner);
  const detail = { run, fence, host: owner.host, pid: owner.pid, takenOver: taken?.run ?? null };
  append({ chain: row, kind: "run-started", subject: lot, detail });
  return { lot, run, fence };
}

/** Of a holder whose lock this kernel does not know. */
function livesElsewhere(holder: LockRow, me: LockOwner): boolean {
  return holder.silentMs <= LOCK_PATIENCE_MS && mayLive(holder, me);
}

/** Throws `lot-held` when a live run has the lot; takes nothing. A lot without a row is nobody's. */
export async function refuseHeld(on: Statements, { lotLocks }: Engine, lot: string, me: LockOwner): Promise<void> {
  const row = await on.lotNumber(lot);
  const lock = row === undefined ? undefined : await on.lockOf(row);
  if (lock?.held !== true) return;
  const kernels = lotLocks.take(lot);
  kernels?.release();
  if (kernels === undefined || livesElsewhere(lock, me)) throw heldByAnother(lot, lock);
}

/** How often, and how often at most, it is asked who holds a lot: a holder has the kernel's lock before its row says so. */
const ASK_AGAIN_MS = 25;
const MOST_ASKED = 20;

async function holderOf(read: Engine["read"], lot: string): Promise<LockOwner | undefined> {
  for (let asked = 1; ; asked++) {
    const lock = await read(async (on) => {
      const row = await on.lotNumber((await findLotName(on, lot)) ?? lot);
      return row === undefined ? undefined : on.lockOf(row);
    });
    if (lock?.held === true) return lock;
    if (asked === MOST_ASKED) return undefined;
    await setTimeout(ASK_AGAIN_MS);
  }
}

function heldByAnother(lot: string, holder: Pick<LockOwner, "host" | "pid"> | undefined): OnboardingError {
  const who = holder === undefined ? "" : ` (host ${holder.host}, process ${holder.pid})`;
  return new OnboardingError(`lot ${lot} is held by another run${who}; wait for it to end and run again`, {
    code: "lot-held",
  });
}
