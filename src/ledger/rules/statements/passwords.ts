import type { PasswordBatch } from "../../passwords.ts";

export interface PasswordStatements {
  /** Names the file of the batch's password segment. */
  setSegment(batch: number, file: string): Promise<void>;
  passwordBatchesOf(lot: string): Promise<readonly PasswordBatch[]>;
  passwordDevicesOf(batch: number): Promise<readonly string[]>;
  /** Gives the batches that were marked as listed: minted ones of the lot that have a segment. */
  setListed(lot: number, batches: readonly number[]): Promise<readonly number[]>;
}
