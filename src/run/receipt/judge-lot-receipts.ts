import { existsSync, readFileSync } from "node:fs";
import { lotLayout, receiptFiles } from "../../disk/layout.ts";
import { readReceipt } from "../../domain/receipt.ts";
import { readReceiptOctets } from "../../verify/read-receipt-octets.ts";
import { verifyReceiptChain } from "../../verify/verify-receipt-chain.ts";
import { type JudgedFile, type JudgingHome, judgeOne } from "./judge-receipt-file.ts";

export interface JudgedReceipts {
  readonly receipts: readonly JudgedFile[];
  /** Of the chain of all receipts, and of the copy in the lot's output. */
  readonly faults: readonly string[];
  readonly notChecked: readonly string[];
}

/** Judges all receipts of a lot, each by what it says and by its place in the chain of the home. */
export async function judgeLotReceipts({ home, ledger }: JudgingHome, lot: string): Promise<JudgedReceipts> {
  const { faults, notChecked } = await verifyReceiptChain(ledger, home);
  const receipts: JudgedFile[] = [];
  const records = await ledger.receipts(lot);
  for (const { number } of records) {
    // What is missing in state/receipts/ is told with the chain; the ledger has it all the same.
    const octets = readReceiptOctets(receiptFiles(home.receipts, number, lot));
    if (octets !== undefined) receipts.push(await judgeOne({ home, ledger }, octets));
  }
  const last = records.at(-1);
  const copy = last === undefined ? undefined : await copyFault({ home, ledger }, lot, last.number);
  return { receipts, faults: [...faults, ...(copy === undefined ? [] : [copy])], notChecked };
}

/** Judges the chain of all receipts of the home, and lists them. */
export async function judgeAllReceipts({ home, ledger }: JudgingHome): Promise<JudgedReceipts> {
  const { faults, notChecked } = await verifyReceiptChain(ledger, home);
  const receipts: JudgedFile[] = [];
  for (const { number, lot, sha256 } of await ledger.receipts()) {
    const receipt = readReceipt((await ledger.receipt(number))?.content ?? "");
    const file = receiptFiles(home.receipts, number, lot).json;
    receipts.push({ file, receipt, sha256, faults: [], notChecked: [] });
  }
  return { receipts, faults, notChecked };
}

/** receipt.json in the lot's output is a copy of its last receipt. */
async function copyFault({ home, ledger }: JudgingHome, lot: string, last: number): Promise<string | undefined> {
  const { folder, receipt: files } = lotLayout(home, lot);
  const stored = await ledger.receipt(last);
  if (!existsSync(folder) || stored === undefined) return undefined;
  const isSame = (path: string, octets: Buffer) => existsSync(path) && readFileSync(path).equals(octets);
  const isCopy =
    isSame(files.json, Buffer.from(stored.content)) && isSame(files.signature, Buffer.from(stored.signature));
  return isCopy
    ? undefined
    : `${files.json} and its signature are not the lot's last receipt (${last}): they were changed, are another's, or are not there; the lot's next run puts them there`;
}
