import type { OpenRemint, SubjectChanges } from "../../reminting.ts";
import type { SubjectJson } from "./minting.ts";

export interface RemintOrder {
  readonly reason: string;
  readonly register: boolean;
  readonly push: boolean;
}

export interface RemintRow {
  readonly externalId: string;
  readonly line: number;
  readonly subject: SubjectJson;
  readonly certificateRequest: string | null;
  readonly aliases: string | null;
  readonly ownKey: boolean;
  readonly newRequest: boolean;
  readonly serialNumber: string;
}

export interface RemintStatements {
  /** Undefined for a batch of new devices. */
  remintOf(batch: number): Promise<RemintOrder | undefined>;
  addRemint(batch: number, order: RemintOrder): Promise<void>;
  /** These devices of the lot that have a certificate, and none under way. */
  certifiedOf(
    lot: number,
    externalIds: readonly string[],
  ): Promise<readonly { readonly id: number; readonly externalId: string; readonly live: boolean }[]>;
  /** Devices take their ids back; those whose id another lot has now are left as they are, and given. */
  claimIds(devices: readonly number[]): Promise<readonly { readonly externalId: string; readonly lot: string }[]>;
  /** Revokes what the batch's certificates replace; gives the serial numbers. */
  endReplaced(batch: number, reason: string): Promise<readonly string[]>;
  /**
   * The batch's devices get their new certificates, and their rows become those that the next certificate was
   * asked for with. With a row to register again, or back from revocation, a device is minted; else it is
   * where it was.
   */
  replaceCertificates(batch: number, register: boolean): Promise<void>;
  /** Devices of the batch that were revoked let go of their ids again. */
  releaseIds(batch: number): Promise<void>;
  /** False when it was closed before. */
  closeRemint(batch: number): Promise<boolean>;
  remintRows(lot: string, foldedIds: readonly string[]): Promise<readonly RemintRow[]>;
  openRemintsOf(lot: string): Promise<readonly OpenRemint[]>;
  countReworks(lot: string): Promise<number>;
  subjectChanges(lot: string, most: number): Promise<SubjectChanges>;
}
