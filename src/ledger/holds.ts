import type { DatabaseSync } from "node:sqlite";
import { OnboardingError } from "../domain/error.ts";
import type { LotHold } from "./ledger.ts";
import { prepare } from "./statement.ts";

/** A row of the lock table. */
export interface LockRow {
  readonly fence: number;
  readonly run: number;
  readonly held: number;
  readonly host: string;
  readonly boot_id: string;
  readonly pid: number;
  readonly process_start: string;
  readonly beat_at_ms: number;
}

/**
 * Makes the check that stands at the head of every commit of a run. It beats as well: a transaction
 * that took long must not be followed by a takeover.
 */
export function holdCheck(writer: DatabaseSync, now: () => number): (hold: LotHold) => number {
  const beat = prepare<{ lot: number }>(
    writer,
    `UPDATE locks SET beat_at_ms = ? WHERE lot = (SELECT id FROM lots WHERE name = ?)
       AND fence = ? AND run = ? AND held = 1 RETURNING lot`,
  );
  const holder = prepare<LockRow>(
    writer,
    "SELECT locks.* FROM locks JOIN lots ON lots.id = locks.lot WHERE lots.name = ?",
  );
  return (hold) => {
    const row = beat.get(Math.trunc(now()), hold.lot, hold.fence, hold.run);
    if (row !== undefined) return row.lot;
    const lock = holder.get(hold.lot);
    if (lock === undefined || lock.fence === hold.fence) {
      throw new OnboardingError(`lot ${hold.lot} is no longer held by this run; run again`, { code: "lot-held" });
    }
    throw new OnboardingError(
      `another run (host ${lock.host}, process ${lock.pid}) has taken over lot ${hold.lot}; let it finish`,
      { code: "lot-held" },
    );
  };
}
