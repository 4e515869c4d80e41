import type { LotLease } from "./locks.ts";

/** Which batches have passwords, and which of these are known to be listed. Of the passwords the ledger knows nothing. */
export interface Passwords {
  /** The lot's batches that were reserved with a password segment and are not open any more, oldest first. */
  passwordBatches(lot: string): Promise<readonly PasswordBatch[]>;
  /** Devices whose present, unrevoked certificate is of this batch, and which have no key of their own: each has a password. */
  passwordDevices(batch: number): Promise<readonly string[]>;
  /** Records that the passwords of these minted batches stand in the lot's list, or in a sealed one, durably. */
  commitListed(lease: LotLease, batches: readonly number[]): Promise<void>;
}

/** A batch with passwords, as putting the lists together sees it. */
export interface PasswordBatch {
  readonly number: number;
  readonly state: "minted" | "placed" | "void";
  /** File name of its segment. */
  readonly segment: string;
  /** unrecorded: of a ledger from before this was kept. */
  readonly listed: "no" | "yes" | "unrecorded";
}
