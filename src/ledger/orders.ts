import type { LockOwner } from "./locks.ts";

/** Who asked, as it stands in the event. Holds no secret. */
export type AskedBy = Readonly<Record<string, string>>;

/** What the watcher was asked for and goes on with when it is started again. */
export interface Orders {
  /**
   * Records that the watcher leaves a lot alone, whatever its case and Unicode form, until it is resumed; also a lot that is not
   * here yet. False when that was recorded already. Throws `lot-held` when a live run other than the watcher's has
   * the lot: give `me` unless the watcher runs it.
   */
  stopLot(lot: string, by: AskedBy, me?: LockOwner): Promise<boolean>;
  /** Takes that back; false when the lot was not stopped. */
  resumeLot(lot: string, by: AskedBy): Promise<boolean>;
  /** The stopped lots, as they are spelled here, by name. */
  stoppedLots(): Promise<readonly StoppedLot[]>;
  /** Records that a lot is to be sent again; false when that is recorded already and has not been done. */
  askToSend(lot: string, by: AskedBy): Promise<boolean>;
  /** The lots to be sent again, the first asked for first. */
  sendsAsked(): Promise<readonly string[]>;
  /** Records that a lot was sent again, with the exit code that this came to. */
  endSend(lot: string, exitCode: number): Promise<void>;
}

export interface StoppedLot {
  readonly lot: string;
  readonly atMs: number;
}
