import { OnboardingError } from "../../domain/error.ts";
import type { LotLease } from "../locks.ts";
import type { Statements } from "./statements.ts";

/**
 * The check that stands at the head of every commit of a run: gives the lot's row number, or throws `lot-held`
 * when the hold no longer stands. It beats as well: a transaction that took long must not be followed by a
 * takeover.
 */
export async function requireLease(on: Statements, lease: LotLease): Promise<number> {
  const lot = await on.beatLock(lease);
  if (lot !== undefined) return lot;
  const held = await on.lotNumber(lease.lot);
  const lock = held === undefined ? undefined : await on.lockOf(held);
  if (lock === undefined || lock.fence === lease.fence) {
    throw new OnboardingError(`lot ${lease.lot} is no longer held by this run; run again`, { code: "lot-held" });
  }
  throw new OnboardingError(
    `another run (host ${lock.host}, process ${lock.pid}) has taken over lot ${lease.lot}; let it finish`,
    { code: "lot-held" },
  );
}
