import { createHash, hash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { digestFile } from "../disk/digest-file.ts";
import { type Home, type LotLayout, lotLayout, manifestCopy, partFile } from "../disk/layout.ts";
import { deviceLines } from "../domain/device-line.ts";
import type { Receipt } from "../domain/receipt.ts";
import type { DeviceRecord } from "../domain/report.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { isBetweenSpans, type ReceiptChanges, type ReceiptSpan } from "../ledger/receipts.ts";
import { digestDevices } from "./digest-devices.ts";
import type { ReceiptOctets } from "./verify-receipt-signature.ts";

/** What became of a receipt's lot since: none of it is a fault. */
export interface SinceThen extends ReceiptChanges {
  /** Numbers of the lot's later receipts. */
  readonly receipts: readonly number[];
  readonly manifests: number;
  readonly parts: number;
  readonly jobChanged: boolean;
}

export interface ReceiptVerdict {
  readonly faults: readonly string[];
  readonly notChecked: readonly string[];
  /** Undefined where the receipt is not one of this home. */
  readonly sinceThen?: SinceThen;
}

type VerifyingLedger = Pick<
  Ledger,
  | "identity"
  | "receipt"
  | "receiptSpans"
  | "receipts"
  | "receiptDevices"
  | "receiptChanges"
  | "hasEvent"
  | "lot"
  | "parts"
  | "manifests"
  | "devices"
>;

export interface ReceiptScope {
  /** Whether its devices are read again, all of them. */
  readonly devices: boolean;
  /** Whether the files that it tells of are read: parts, manifests, devices.csv. */
  readonly files: boolean;
}

/** Changed devices that are named one by one. */
const MOST_CHANGES = 1000;

/**
 * Judges what a receipt says against a home: that the ledger recorded it so, its devices as they were then, parts,
 * manifests and events, and the lot's devices.csv. What was revoked, reissued or added since is told apart. Reads
 * devices as a stream, and changes nothing.
 */
export async function verifyReceipt(
  ledger: VerifyingLedger,
  home: Home,
  receipt: Receipt,
  octets: ReceiptOctets,
  scope: ReceiptScope,
): Promise<ReceiptVerdict> {
  const { ledger: id } = await ledger.identity();
  if (receipt.ledger.id !== id) {
    const what = `it is of another home: its ledger is ${receipt.ledger.id}, the one of ${home.root} is ${id}; name its home with --home, or a folder that is no home to check the signature alone`;
    return { faults: [what], notChecked: [] };
  }
  const stored = await ledger.receipt(receipt.number);
  if (stored === undefined) return unknownReceipt(receipt, await ledger.receiptSpans());
  const faults: string[] = [];
  const notChecked: string[] = [];
  if (stored.content !== octets.content.toString("utf8")) {
    faults.push(
      `the ledger recorded another receipt ${receipt.number}, of lot ${stored.lot} (SHA-256 ${stored.sha256})`,
    );
    return { faults, notChecked };
  }
  if (octets.signature?.equals(stored.signature) === false) {
    faults.push(`${octets.signaturePath} is not the signature that was recorded: it was changed`);
  }
  const { lot } = receipt;
  const record = await ledger.lot(lot);
  const parts = await ledger.parts(lot);
  const manifests = await ledger.manifests(lot);
  if (stored.known) {
    if (!(await ledger.hasEvent(receipt.ledger.head))) {
      faults.push(
        "the ledger does not have the event that the receipt names: its end was cut off, or it is an older copy",
      );
    }
    if (scope.devices) faults.push(...(await deviceFaults(ledger, receipt)));
    faults.push(...listFaults("registration part", receipt.parts, parts));
    faults.push(...listFaults("manifest", receipt.manifests, manifests));
    if (scope.files) {
      const layout = lotLayout(home, lot);
      await judgeFiles(receipt, layout, faults, notChecked);
      await judgeDevicesCsv(ledger, receipt, layout, { faults, notChecked, isRunning: record?.heldBy !== null });
    }
  } else {
    notChecked.push(
      "its devices, parts, manifests and event: it was made after the backup that this home was restored from, and taken in from output/",
    );
  }
  const changes = await ledger.receiptChanges(receipt.number, MOST_CHANGES);
  return {
    faults,
    notChecked,
    sinceThen: {
      ...changes,
      receipts: (await ledger.receipts(lot)).flatMap(({ number }) => (number > receipt.number ? [number] : [])),
      manifests: Math.max(manifests.length - receipt.manifests.length, 0),
      parts: Math.max(parts.length - receipt.parts.length, 0),
      jobChanged: hash("sha256", record?.jobJson ?? "") !== receipt.job.sha256,
    },
  };
}

/** Between a backup and its restore numbers were given that the ledger does not know. */
function unknownReceipt({ number }: Receipt, spans: readonly ReceiptSpan[]): ReceiptVerdict {
  const what = `the ledger has no receipt ${number}`;
  return isBetweenSpans(number, spans)
    ? {
        faults: [],
        notChecked: [
          `all but its signature: ${what}, which was made after the backup that this home was restored from`,
        ],
      }
    : { faults: [`${what}: its end was cut off, or it is an older copy`], notChecked: [] };
}

/** Asked twice before it is told: a run of the lot may change devices while they are read. */
async function deviceFaults(ledger: VerifyingLedger, { number, devices }: Receipt): Promise<readonly string[]> {
  let found = await digestDevices(ledger.receiptDevices(number));
  if (found.sha256 !== devices.sha256) found = await digestDevices(ledger.receiptDevices(number));
  if (found.sha256 === devices.sha256 && found.count === devices.count) return [];
  return [
    `its devices are not those of the ledger: ${devices.count} with SHA-256 ${devices.sha256} in the receipt, ${found.count} with ${found.sha256} in the ledger`,
  ];
}

interface Numbered {
  readonly number: number;
  readonly sha256: string;
}

function listFaults(what: string, told: readonly Numbered[], known: readonly Numbered[]): readonly string[] {
  const digests = new Map(known.map(({ number, sha256 }) => [number, sha256]));
  return told
    .filter(({ number, sha256 }) => digests.get(number) !== sha256)
    .map(({ number }) => `${what} ${number} is not the one that the ledger recorded`);
}

/** Parts and the lot's copies of its manifests never change once they are written. */
async function judgeFiles(receipt: Receipt, layout: LotLayout, faults: string[], notChecked: string[]): Promise<void> {
  if (!existsSync(layout.folder)) notChecked.push(`the lot's output: ${layout.folder} is not there`);
  else {
    for (const { number, sha256 } of receipt.parts) {
      const path = partFile(layout, number);
      const found = existsSync(path) ? await digestFile(path) : undefined;
      if (found === undefined) faults.push(`${path}, registration part ${number}, is not there`);
      else if (found !== sha256)
        faults.push(`${path} is not registration part ${number} as it was cut: it was changed`);
    }
  }
  for (const { number, sha256 } of receipt.manifests) {
    const path = manifestCopy(layout, sha256);
    const found = existsSync(path) ? await digestFile(path) : undefined;
    if (found === undefined) notChecked.push(`manifest ${number}: there is no copy ${path}`);
    else if (found !== sha256) faults.push(`${path} is not manifest ${number} as it was taken in: it was changed`);
  }
}

interface CsvJudge {
  readonly faults: string[];
  readonly notChecked: string[];
  readonly isRunning: boolean;
}

/** devices.csv holds the devices of the receipt, or those of the lot as it stands today. */
async function judgeDevicesCsv(
  ledger: VerifyingLedger,
  { lot, devices }: Receipt,
  { devicesCsv }: LotLayout,
  { faults, notChecked, isRunning }: CsvJudge,
): Promise<void> {
  if (!existsSync(devicesCsv)) {
    notChecked.push(`devices.csv: ${devicesCsv} is not there`);
    return;
  }
  const digest = createHash("sha256");
  const expected = linesOf(ledger.devices(lot));
  let line = 1;
  let differing: string | undefined;
  for await (const text of linesOfFile(devicesCsv)) {
    if (line++ === 1) continue;
    const fields = text.split(",").slice(0, -1).join(",");
    digest.update(`${fields}\n`);
    if (differing !== undefined) continue;
    const { value } = await expected.next();
    if (value !== fields) differing = `line ${line - 1} (${fields.split(",")[0]})`;
  }
  differing ??= (await expected.next()).done === true ? undefined : `line ${line}, which is missing`;
  if (differing === undefined || digest.digest("hex") === devices.sha256) return;
  if (isRunning) notChecked.push(`${devicesCsv}: a run of lot ${lot} is changing it`);
  else faults.push(`${devicesCsv} does not hold the devices of lot ${lot}: ${differing}`);
}

async function* linesOf(pages: AsyncIterable<readonly DeviceRecord[]>): AsyncGenerator<string, undefined> {
  const line = deviceLines();
  for await (const page of pages) for (const device of page) yield line(device);
}

async function* linesOfFile(path: string): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of createReadStream(path, { encoding: "utf8", highWaterMark: 256 * 1024 })) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
