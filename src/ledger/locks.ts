import { OnboardingError } from "../domain/error.ts";
import type { Engine } from "./engine.ts";
import type { LockRow } from "./holds.ts";
import { type Ledger, LOCK_PATIENCE_MS, type LockOwner, type LotHold } from "./ledger.ts";
import { mayLive } from "./lock-owner.ts";
import type { LotLocks } from "./lot-locks.ts";
import { lotNameFinder } from "./lot-names.ts";
import { prepare } from "./statement.ts";

/**
 * One run at a time per lot: taking, beating, letting go. Who holds a lot, the kernel says; the row with its fence
 * keeps out whoever lost it all the same.
 */
export function lockMethods(engine: Engine, lotLocks: LotLocks): Pick<Ledger, "acquireLot" | "beat" | "releaseLot"> {
  const { reader, writer, read, write, append, requireHold } = engine;
  const addLot = prepare(writer, "INSERT INTO lots (name, created_at_ms) VALUES (?, ?)");
  const findLot = prepare<{ id: number }>(writer, "SELECT id FROM lots WHERE name = ?");
  const findLock = prepare<LockRow>(writer, "SELECT * FROM locks WHERE lot = ?");
  const findHolder = prepare<LockRow>(
    reader,
    "SELECT locks.* FROM locks JOIN lots ON lots.id = locks.lot WHERE lots.name = ? AND locks.held = 1",
  );
  const addRun = prepare(writer, "INSERT INTO runs (lot, fence, host, pid, started_at_ms) VALUES (?, ?, ?, ?, ?)");
  const endRun = prepare(writer, "UPDATE runs SET ended_at_ms = ?, exit_code = ? WHERE number = ?");
  const take = prepare(
    writer,
    `INSERT OR REPLACE INTO locks (lot, fence, run, held, host, boot_id, pid, process_start, beat_at_ms)
     VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)`,
  );
  const free = prepare(
    writer,
    `UPDATE locks SET held = 0 WHERE lot = (SELECT id FROM lots WHERE name = ?)
       AND fence = ? AND run = ? AND held = 1`,
  );

  const findName = lotNameFinder(writer);
  const findNameToRead = lotNameFinder(reader);

  function heldByAnother(lot: string, lock: LockRow | undefined): OnboardingError {
    const who = lock === undefined ? "" : ` (host ${lock.host}, process ${lock.pid})`;
    return new OnboardingError(`lot ${lot} is held by another run${who}; wait for it to end and run again`, {
      code: "lot-held",
    });
  }

  /** Once the lot's file is ours, a holder under this kernel is dead; one under another has to have been silent. */
  function takeRow(asked: string, owner: LockOwner): LotHold {
    const lot = findName(asked) ?? asked;
    const atMs = Math.trunc(engine.now());
    const row = findLot.get(lot)?.id ?? addLot.insert(lot, atMs);
    const lock = findLock.get(row);
    const taken = lock?.held === 1 ? lock : undefined;
    if (taken !== undefined) {
      const silent = atMs - taken.beat_at_ms > LOCK_PATIENCE_MS;
      if (!silent && mayLive({ host: taken.host, bootId: taken.boot_id }, owner)) throw heldByAnother(lot, taken);
      endRun.run(atMs, null, taken.run);
    }
    const fence = (lock?.fence ?? 0) + 1;
    const run = addRun.insert(row, fence, owner.host, owner.pid, atMs);
    take.run(row, fence, run, owner.host, owner.bootId, owner.pid, owner.processStart, atMs);
    const detail = { run, fence, host: owner.host, pid: owner.pid, takenOver: taken?.run ?? null };
    append({ kind: "run-started", subject: lot, detail });
    return { lot, run, fence };
  }

  return {
    acquireLot: async (lot, owner) => {
      const lock = lotLocks.take(lot);
      if (lock === undefined) throw heldByAnother(lot, await read(() => findHolder.get(findNameToRead(lot) ?? lot)));
      try {
        const hold = await write(() => takeRow(lot, owner));
        lotLocks.keep(hold.run, lock);
        return hold;
      } catch (error) {
        lock.release();
        throw error;
      }
    },

    beat: (hold) =>
      write(() => {
        requireHold(hold);
      }),

    releaseLot: (hold, exitCode) =>
      write(() => {
        if (free.run(hold.lot, hold.fence, hold.run) === 0) return;
        endRun.run(Math.trunc(engine.now()), exitCode, hold.run);
        append({ kind: "run-ended", subject: hold.lot, detail: { run: hold.run, exitCode } });
      }).finally(() => lotLocks.release(hold.run)),
  };
}
