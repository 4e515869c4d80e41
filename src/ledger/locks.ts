/** One run at a time for each lot. */
export interface Locks {
  /**
   * Takes the lot for one run. A live holder under the same kernel, in whatever container, is never taken over,
   * however long it sleeps; a dead one is at once, and so is one of an earlier boot. A holder under another kernel is
   * taken over when it has not beaten for `LOCK_PATIENCE_MS`. Else throws `lot-held`, naming host and process.
   * A lot whose name differs only by case or Unicode form is taken under the spelling that came first, which the hold
   * tells; throws `usage` as `lotName`.
   */
  acquireLot(lot: string, owner: LockOwner): Promise<LotLease>;
  /** Shows that the run is alive. */
  heartbeat(lease: LotLease): Promise<void>;
  /** Ends the run and frees the lot; a hold that was taken over is left alone. */
  releaseLot(lease: LotLease, exitCode: number): Promise<void>;
}

/** A holder under another kernel that has not beaten for this long is taken for dead. */
export const LOCK_PATIENCE_MS = 60_000;

/** How often a run beats. */
export const HEARTBEAT_MS = 10_000;

/** Who holds a lot: enough to tell whether that process still lives. */
export interface LockOwner {
  readonly host: string;
  /** The kernel's boot id: a process of another boot is dead. */
  readonly bootId: string;
  readonly pid: number;
  /** The process's start time as the kernel tells it, so that a reused number is not taken for it. */
  readonly processStart: string;
}

/** A taken lot; every commit of the run shows it. */
export interface LotLease {
  readonly lot: string;
  readonly run: number;
  /** Grows with every taking of the lot. */
  readonly fence: number;
}
