import { hash } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { type Home, type ReceiptFiles, receiptFiles } from "../disk/layout.ts";
import { type Receipt, readReceipt } from "../domain/receipt.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { ReceiptRecord, ReceiptSpan, StoredReceipt } from "../ledger/receipts.ts";
import { readReceiptOctets } from "./read-receipt-octets.ts";
import { readReceiptFile, verifyReceiptSignature } from "./verify-receipt-signature.ts";

type ReceiptLedger = Pick<Ledger, "receipts" | "receipt" | "receiptSpans" | "unplacedReceipts">;

export interface ReceiptChain {
  readonly receipts: number;
  /** What does not fit, each a clause that names the receipt. */
  readonly faults: readonly string[];
  /** What could not be judged, and why. */
  readonly notChecked: readonly string[];
}

/**
 * Judges all receipts of a home, in the ledger and in state/receipts/: no number is missing, each file holds what was
 * recorded under its number, is signed, and names the receipt before. Changes nothing.
 */
export async function verifyReceiptChain(
  ledger: ReceiptLedger,
  { receipts: folder }: Pick<Home, "receipts">,
): Promise<ReceiptChain> {
  const records = await ledger.receipts();
  const spans = await ledger.receiptSpans();
  const unwritten = new Set((await ledger.unplacedReceipts()).map(({ number }) => number));
  const faults = missingNumbers(records, spans);
  const notChecked: string[] = [];
  const known = new Map(records.map((record) => [record.number, record]));
  const names = new Set<string>();
  for (const [index, record] of records.entries()) {
    const files = receiptFiles(folder, record.number, record.lot);
    names.add(basename(files.json)).add(basename(files.signature));
    const stored = await ledger.receipt(record.number);
    if (stored === undefined) continue;
    if (unwritten.has(record.number)) {
      notChecked.push(`receipt ${record.number} is recorded, and its files are not written yet: the next run does it`);
    } else faults.push(...fileFaults(files, stored, known));
    const link = judgeLink(stored, records[index - 1], known, spans);
    if (link?.fault !== undefined) faults.push(link.fault);
    if (link?.unknown !== undefined) notChecked.push(link.unknown);
  }
  faults.push(...strangers(folder, names));
  return { receipts: records.length, faults, notChecked };
}

function missingNumbers(records: readonly ReceiptRecord[], spans: readonly ReceiptSpan[]): string[] {
  const present = new Set(records.map(({ number }) => number));
  return spans.flatMap(({ first, last }) => {
    const missing: string[] = [];
    for (let number = first; number <= last; number++) {
      if (!present.has(number)) missing.push(`receipt ${number} is missing in the ledger: it was altered`);
    }
    return missing;
  });
}

/** What the files of a receipt hold that is not what the ledger recorded under its number. */
function fileFaults(
  files: ReceiptFiles,
  stored: StoredReceipt,
  known: ReadonlyMap<number, ReceiptRecord>,
): readonly string[] {
  const { number, lot } = stored;
  const octets = readReceiptOctets(files);
  if (octets === undefined) {
    return [
      `receipt ${number} of lot ${lot} is missing: ${files.json} is not there; the lot's next run writes it again`,
    ];
  }
  const { content, signature, path, signaturePath } = octets;
  const faults: string[] = [];
  if (content.toString("utf8") !== stored.content) {
    const other = readReceiptFile(content);
    const isKnown = other !== undefined && known.get(other.number)?.sha256 === hash("sha256", content, "hex");
    faults.push(
      isKnown && other.number !== number
        ? `the order is turned round: ${path} holds receipt ${other.number} of lot ${other.lot} in the place of receipt ${number} of lot ${lot}`
        : `${path} is not receipt ${number} of lot ${lot} as it was recorded: it was changed`,
    );
  }
  if (signature === undefined) faults.push(`${signaturePath} is not there; the lot's next run writes it again`);
  else if (!signature.equals(stored.signature) && faults.length === 0) {
    faults.push(`${signaturePath} is not the signature that was recorded: it was changed, or is another receipt's`);
  }
  const recorded = { ...octets, content: Buffer.from(stored.content), signature: Buffer.from(stored.signature) };
  faults.push(...verifyReceiptSignature(recorded).faults.map((fault) => `receipt ${number} in the ledger: ${fault}`));
  return faults;
}

/** Each names the one before; after a restore the first names the last one that is still known. */
function judgeLink(
  stored: StoredReceipt,
  before: ReceiptRecord | undefined,
  known: ReadonlyMap<number, ReceiptRecord>,
  spans: readonly ReceiptSpan[],
): { readonly fault?: string; readonly unknown?: string } | undefined {
  const receipt = readReceipt(stored.content);
  const { number, lot, sha256 } = stored;
  const fault = (what: string) => ({ fault: `receipt ${number} of lot ${lot} ${what}` });
  if (receipt === undefined || hash("sha256", stored.content) !== sha256) return fault("is changed in the ledger");
  if (receipt.number !== number || receipt.lot !== lot) {
    return fault(`is recorded under its number, and is receipt ${receipt.number} of lot ${receipt.lot}`);
  }
  return judgePrevious(receipt, before, known, spans, fault);
}

function judgePrevious(
  { previous, number }: Receipt,
  before: ReceiptRecord | undefined,
  known: ReadonlyMap<number, ReceiptRecord>,
  spans: readonly ReceiptSpan[],
  fault: (what: string) => { readonly fault: string },
): { readonly fault?: string; readonly unknown?: string } | undefined {
  if (previous === null)
    return before === undefined ? undefined : fault(`names none before it, and ${before.number} is`);
  const named = known.get(previous.number);
  if (named !== undefined && named.sha256 !== previous.sha256) {
    return fault(`names receipt ${previous.number} by another digest than it has: one of the two was replaced`);
  }
  const isInSpan = spans.some(({ first, last }) => number > first && number <= last);
  if (isInSpan && previous.number !== number - 1) return fault(`names receipt ${previous.number} as the one before it`);
  if (named !== undefined) return undefined;
  const isLost = spans.every(({ first, last }) => previous.number < first || previous.number > last);
  if (!isLost) return fault(`names receipt ${previous.number}, which is missing`);
  return {
    unknown: `receipt ${previous.number}, which receipt ${number} names, was made after the backup that this home was restored from, and is not known here`,
  };
}

/** Files in state/receipts/ that belong to no receipt that the ledger knows. */
function strangers(folder: string, names: ReadonlySet<string>): readonly string[] {
  let found: readonly string[];
  try {
    found = readdirSync(folder);
  } catch {
    return [];
  }
  return found
    .filter((name) => !name.startsWith(".") && /^\d{6,}-.*\.(?:json|p7s)$/.test(name) && !names.has(name))
    .toSorted()
    .map((name) => `${join(folder, name)} belongs to no receipt that the ledger knows`);
}
