import type { RevocationReason } from "../domain/certificate.ts";
import type { DeviceRecord } from "../domain/report.ts";
import type { LotLease } from "./locks.ts";

/** Receipts of lots: signed records, numbered over the home, each of which names the one before. */
export interface Receipts {
  /** The number of the next receipt, and the one that it has to name. */
  nextReceipt(): Promise<NextReceipt>;
  /** Whether a run has completed anything in the lot that none of its receipts tells of. */
  receiptDue(lot: string): Promise<boolean>;
  /**
   * Records a signed receipt under its number. False, with nothing recorded, when another lot has taken that number
   * meanwhile: ask for the next one.
   */
  recordReceipt(lease: LotLease, receipt: NewReceipt): Promise<boolean>;
  /**
   * Records a receipt that was made after the backup from which this ledger was restored. False for a number that is
   * known, or that the time between backup and restore has not given. What it tells of stays due.
   */
  adoptReceipt(lease: LotLease, receipt: NewReceipt): Promise<boolean>;
  /** Receipts whose files are not known to be written, by number. */
  unplacedReceipts(): Promise<readonly StoredReceipt[]>;
  /** The files of these receipts are written. */
  commitReceiptsPlaced(numbers: readonly number[]): Promise<void>;
  /** The receipts of a lot, or of the home, by number, without their content. */
  receipts(lot?: string): Promise<readonly ReceiptRecord[]>;
  receipt(number: number): Promise<StoredReceipt | undefined>;
  /** The spans of numbers that were given, oldest first: one, and another for each restore. */
  receiptSpans(): Promise<readonly ReceiptSpan[]>;
  /**
   * The devices that a receipt tells of, in the order of the lines that they had then: with the certificates that they
   * had then, whatever became of them. The stages are those of today. Nothing for an adopted receipt.
   */
  receiptDevices(number: number): AsyncIterable<readonly DeviceRecord[]>;
  /** What became of the certificates that a receipt tells of, since it was recorded; `first`: at most `limit`. */
  receiptChanges(number: number, limit: number): Promise<ReceiptChanges>;
}

export interface NextReceipt {
  readonly number: number;
  readonly previous: { readonly number: number; readonly sha256: string } | null;
}

export interface NewReceipt {
  readonly number: number;
  /** The number of the receipt that it names; null for the first. */
  readonly previous: number | null;
  /** Of `content`. */
  readonly sha256: string;
  readonly content: string;
  /** Detached CMS signature, DER. */
  readonly signature: Uint8Array;
}

export interface ReceiptRecord {
  readonly number: number;
  readonly lot: string;
  readonly sha256: string;
  /** False for one that was adopted after a restore: the ledger does not know the devices as they were then. */
  readonly known: boolean;
}

export interface StoredReceipt extends ReceiptRecord {
  readonly content: string;
  readonly signature: Uint8Array;
}

export interface ReceiptSpan {
  readonly first: number;
  /** The last number that is known to have been given: all from `first` on have to be there. */
  readonly last: number;
}

/** Whether a number was, or may have been, given between a backup and its restore: above a span and below the next. */
export function isBetweenSpans(number: number, spans: readonly ReceiptSpan[]): boolean {
  return spans.some(({ first }, index) => index > 0 && number < first && number > (spans[index - 1]?.last ?? 0));
}

export interface ReceiptChanges {
  /** Certificates revoked since; those that were replaced by another are counted as reissued alone. */
  readonly revoked: number;
  readonly reissued: number;
  /** Devices of the lot that got a certificate since, and had none then. */
  readonly added: number;
  readonly first: readonly ReceiptChange[];
}

export interface ReceiptChange {
  readonly kind: "revoked" | "reissued";
  readonly externalId: string;
  readonly serialNumber: string;
  readonly atMs: number;
  readonly reason: RevocationReason | null;
  /** The certificate that took its place. */
  readonly replacedBy: string | null;
}
