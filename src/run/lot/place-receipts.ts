import { existsSync, readFileSync } from "node:fs";
import {
  ensureFolder,
  moveInto,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  replaceShared,
  SHARED_FILE,
} from "../../disk/durable.ts";
import { type Home, type LotLayout, type ReceiptFiles, receiptFiles } from "../../disk/layout.ts";
import { readReceipt } from "../../domain/receipt.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { StoredReceipt } from "../../ledger/receipts.ts";

/**
 * Writes the files of receipts that the ledger has and that are not known to be written, whatever their lot: a killed
 * run leaves them so. Two runs may do it at once: both write the same. Gives their numbers.
 */
export async function placeReceipts(
  ledger: Pick<Ledger, "unplacedReceipts" | "commitReceiptsPlaced">,
  { receipts }: Pick<Home, "receipts">,
): Promise<readonly number[]> {
  const waiting = await ledger.unplacedReceipts();
  if (waiting.length === 0) return [];
  ensureFolder(receipts, PRIVATE_FOLDER);
  for (const receipt of waiting) write(receiptFiles(receipts, receipt.number, receipt.lot), receipt, PRIVATE_FILE);
  const numbers = waiting.map(({ number }) => number);
  await ledger.commitReceiptsPlaced(numbers);
  return numbers;
}

/**
 * Writes the files of these receipts that are not there (`folder`: state/receipts). What is there stays as it is,
 * whatever it holds: that is for `receipt` to tell. Gives the numbers of those that were missing.
 */
export async function replaceMissingReceipts(
  ledger: Pick<Ledger, "receipts" | "receipt">,
  folder: string,
  lot?: string,
): Promise<readonly number[]> {
  const missing: number[] = [];
  for (const { number, lot: own } of await ledger.receipts(lot)) {
    const files = receiptFiles(folder, number, own);
    if (existsSync(files.json) && existsSync(files.signature)) continue;
    const receipt = await ledger.receipt(number);
    if (receipt === undefined) continue;
    ensureFolder(folder, PRIVATE_FOLDER);
    writeMissing(files, receipt);
    missing.push(number);
  }
  return missing;
}

/** Makes receipt.json and receipt.p7s of a lot's output the copies of its last receipt; true when they were others. */
export async function copyLastReceipt(
  ledger: Pick<Ledger, "receipts" | "receipt">,
  lot: string,
  { receipt: files, folder }: Pick<LotLayout, "receipt" | "folder">,
): Promise<boolean> {
  const last = (await ledger.receipts(lot)).at(-1);
  const receipt = last && (await ledger.receipt(last.number));
  if (receipt === undefined) return false;
  if (readIfThere(files.json)?.equals(Buffer.from(receipt.content)) === true) {
    if (readIfThere(files.signature)?.equals(receipt.signature) === true) return false;
  }
  ensureFolder(folder);
  await keepUnknown(ledger, files);
  write(files, receipt, SHARED_FILE);
  return true;
}

/** A receipt that only the output has is not overwritten: a restored ledger may not know it. */
async function keepUnknown(ledger: Pick<Ledger, "receipt">, files: ReceiptFiles): Promise<void> {
  const there = readReceipt(readIfThere(files.json)?.toString("utf8") ?? "");
  if (there === undefined || (await ledger.receipt(there.number)) !== undefined) return;
  for (const path of [files.signature, files.json]) {
    if (existsSync(path)) moveInto(path, path.replace(/\.(json|p7s)$/, `-${there.number}.$1`));
  }
}

/** The signature first: a JSON file that is there is signed. */
function write(files: ReceiptFiles, { content, signature }: StoredReceipt, mode: number): void {
  replaceShared(files.signature, signature, mode);
  replaceShared(files.json, content, mode);
}

function writeMissing(files: ReceiptFiles, { content, signature }: StoredReceipt): void {
  if (!existsSync(files.signature)) replaceShared(files.signature, signature, PRIVATE_FILE);
  if (!existsSync(files.json)) replaceShared(files.json, content, PRIVATE_FILE);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
