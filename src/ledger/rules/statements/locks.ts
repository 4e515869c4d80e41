import type { LockOwner, LotLease } from "../../locks.ts";

/** A row of the lock table. */
export interface LockRow extends LockOwner {
  readonly fence: number;
  readonly run: number;
  readonly held: boolean;
  /** Since the holder last showed that it lives, by the ledger's own clock. */
  readonly silentMs: number;
}

export interface LockStatements {
  addLot(name: string): Promise<number>;
  lotNumber(name: string): Promise<number | undefined>;
  lockOf(lot: number): Promise<LockRow | undefined>;
  addRun(lot: number, fence: number, owner: LockOwner): Promise<number>;
  endRun(run: number, exitCode: number | null): Promise<void>;
  takeLock(lot: number, fence: number, run: number, owner: LockOwner): Promise<void>;
  /** False when the hold no longer stands. */
  freeLock(lease: LotLease): Promise<boolean>;
  /** Shows that the holder lives, and gives the lot's row number; undefined when the hold no longer stands. */
  beatLock(lease: LotLease): Promise<number | undefined>;
}
