import type { NewReceipt, ReceiptChanges, ReceiptRecord, ReceiptSpan, StoredReceipt } from "../../receipts.ts";
import type { Place } from "./place.ts";
import type { DevicePlace } from "./reading.ts";

/** What a lot stood at when a receipt was recorded. */
export interface ReceiptMark {
  readonly lot: number;
  /** The lot's newest certificate; null for a receipt that was adopted. */
  readonly lastCertificate: number | null;
  readonly atMs: number;
}

export interface ReceiptStatements {
  /** The spans of numbers, oldest first; `last` of the newest is the counter, which stays locked until the transaction ends. */
  receiptSpans(): Promise<readonly ReceiptSpan[]>;
  newestReceipt(): Promise<{ readonly number: number; readonly sha256: string } | undefined>;
  /** The lot's event up to which receipts tell of it. */
  receiptSeq(lot: number): Promise<number>;
  /** Adds a receipt that tells of the lot as it stands, up to this event of its chain, and moves the counter. */
  addReceipt(lot: number, receipt: NewReceipt, seq: number): Promise<void>;
  /** Adds one that tells of a time that the ledger does not know; false when its number is there. */
  addForeignReceipt(lot: number, receipt: NewReceipt): Promise<boolean>;
  /** Numbers begin anew, above all that were given before. */
  startReceipts(): Promise<void>;
  unplacedReceipts(): Promise<readonly StoredReceipt[]>;
  setReceiptsPlaced(numbers: readonly number[]): Promise<void>;
  receiptsOf(lot: string | undefined): Promise<readonly ReceiptRecord[]>;
  receiptByNumber(number: number): Promise<StoredReceipt | undefined>;
  receiptMark(number: number): Promise<ReceiptMark | undefined>;
  /** Devices whose certificate or line is not the one of then, as they were then, in the order of then. */
  movedSince(number: number, mark: ReceiptMark): Promise<readonly DevicePlace[]>;
  /** Devices of the lot whose present certificate is one of then. */
  devicePageThen(lot: number, lastCertificate: number, after: Place, limit: number): Promise<readonly DevicePlace[]>;
  changesSince(mark: ReceiptMark, limit: number): Promise<ReceiptChanges>;
}
