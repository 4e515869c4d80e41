import { OnboardingError } from "../domain/error.ts";
import type { Engine } from "./engine.ts";
import type { LockRow } from "./holds.ts";
import { type Ledger, LOCK_PATIENCE_MS, type LockOwner } from "./ledger.ts";
import { isAlive } from "./lock-owner.ts";
import { lotNameFinder } from "./lot-names.ts";
import { prepare } from "./statement.ts";

/** One run at a time per lot: taking, beating, letting go. */
export function lockMethods(engine: Engine): Pick<Ledger, "acquireLot" | "beat" | "releaseLot"> {
  const { writer, write, append, requireHold } = engine;
  const addLot = prepare(writer, "INSERT INTO lots (name, created_at_ms) VALUES (?, ?)");
  const findLot = prepare<{ id: number }>(writer, "SELECT id FROM lots WHERE name = ?");
  const findLock = prepare<LockRow>(writer, "SELECT * FROM locks WHERE lot = ?");
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

  function refuseWhileHeld(lot: string, lock: LockRow, me: LockOwner, atMs: number): void {
    const { host, boot_id: bootId, pid, process_start: processStart } = lock;
    const silent = atMs - lock.beat_at_ms > LOCK_PATIENCE_MS;
    if (silent || !isAlive({ host, bootId, pid, processStart }, me)) return;
    throw new OnboardingError(
      `lot ${lot} is held by another run (host ${host}, process ${pid}); wait for it to end and run again`,
      { code: "lot-held" },
    );
  }

  return {
    acquireLot: (asked, owner) =>
      write(() => {
        const atMs = Math.trunc(engine.now());
        const lot = findName(asked) ?? asked;
        const row = findLot.get(lot)?.id ?? addLot.insert(lot, atMs);
        const lock = findLock.get(row);
        const taken = lock?.held === 1 ? lock : undefined;
        if (taken !== undefined) {
          refuseWhileHeld(lot, taken, owner, atMs);
          endRun.run(atMs, null, taken.run);
        }
        const fence = (lock?.fence ?? 0) + 1;
        const run = addRun.insert(row, fence, owner.host, owner.pid, atMs);
        take.run(row, fence, run, owner.host, owner.bootId, owner.pid, owner.processStart, atMs);
        const detail = { run, fence, host: owner.host, pid: owner.pid, takenOver: taken?.run ?? null };
        append({ kind: "run-started", subject: lot, detail });
        return { lot, run, fence };
      }),

    beat: (hold) =>
      write(() => {
        requireHold(hold);
      }),

    releaseLot: (hold, exitCode) =>
      write(() => {
        if (free.run(hold.lot, hold.fence, hold.run) === 0) return;
        endRun.run(Math.trunc(engine.now()), exitCode, hold.run);
        append({ kind: "run-ended", subject: hold.lot, detail: { run: hold.run, exitCode } });
      }),
  };
}
