import type { DeviceRecord } from "../../domain/report.ts";
import { isBetweenSpans, type ReceiptChanges, type Receipts } from "../receipts.ts";
import type { Engine } from "./engine.ts";
import type { StoredEvent } from "./event-digest.ts";
import { START } from "./pages.ts";
import { requireLease } from "./require-lease.ts";
import type { DevicePlace } from "./statements/reading.ts";
import type { Statements } from "./statements.ts";

const PAGE_EVENTS = 500;
const PAGE_DEVICES = 2000;
const NONE: ReceiptChanges = { revoked: 0, reissued: 0, added: 0, first: [] };

/** Receipts: one chain of numbers over all lots of the home. */
export function receiptRules({ read, write }: Engine): Receipts {
  return {
    nextReceipt: () => read(nextReceipt),

    receiptDue: (lot) =>
      read(async (on) => {
        const chain = await on.lotChain(lot);
        return chain !== undefined && (await hasCompleted(on, chain, await on.receiptSeq(chain)));
      }),

    recordReceipt: (lease, receipt) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const next = await nextReceipt(on);
        if (next.number !== receipt.number || (next.previous?.number ?? null) !== receipt.previous) return false;
        await on.addReceipt(lot, receipt, (await on.newestEvent(lot))?.seq ?? 0);
        const { number, sha256 } = receipt;
        append({ chain: lot, kind: "receipt-recorded", subject: lease.lot, detail: { number, sha256 } });
        return true;
      }),

    adoptReceipt: (lease, receipt) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const isLost = isBetweenSpans(receipt.number, await on.receiptSpans());
        if (!isLost || !(await on.addForeignReceipt(lot, receipt))) return false;
        const { number, sha256 } = receipt;
        append({ chain: lot, kind: "receipt-adopted", subject: lease.lot, detail: { number, sha256 } });
        return true;
      }),

    unplacedReceipts: () => read((on) => on.unplacedReceipts()),
    commitReceiptsPlaced: (numbers) => write((on) => on.setReceiptsPlaced(numbers)),
    receipts: (lot) => read((on) => on.receiptsOf(lot)),
    receipt: (number) => read((on) => on.receiptByNumber(number)),
    receiptSpans: () => read((on) => on.receiptSpans()),
    receiptDevices: (number) => receiptDevices(read, number),
    receiptChanges: (number, limit) =>
      read(async (on) => {
        const mark = await on.receiptMark(number);
        return mark === undefined || mark.lastCertificate === null ? NONE : on.changesSince(mark, limit);
      }),
  };
}

async function nextReceipt(on: Statements) {
  const last = (await on.receiptSpans()).at(-1)?.last ?? 0;
  return { number: last + 1, previous: (await on.newestReceipt()) ?? null };
}

/** What revokes completes nothing, and neither does an upload that nothing came of. */
async function hasCompleted(on: Statements, chain: number, seq: number): Promise<boolean> {
  for (let after = seq; ; ) {
    const page = await on.eventPage(chain, after, PAGE_EVENTS);
    if (page.some(isCompletion)) return true;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_EVENTS) return false;
    after = last.seq;
  }
}

function isCompletion({ kind, detail }: StoredEvent): boolean {
  if (kind !== "upload-closed")
    return kind === "batch-minted" || kind === "part-listed" || kind === "manifest-absorbed";
  const { confirmed, rejected } = JSON.parse(detail) as { readonly confirmed?: number; readonly rejected?: number };
  return (confirmed ?? 0) + (rejected ?? 0) > 0;
}

/** Those that stand as they did then come in pages; the few others are merged in at their places of then. */
async function* receiptDevices(
  read: Engine["read"],
  number: number,
): AsyncGenerator<readonly DeviceRecord[], void, undefined> {
  const mark = await read((on) => on.receiptMark(number));
  if (mark === undefined) return;
  const { lot, lastCertificate } = mark;
  if (lastCertificate === null) return;
  const moved = await read((on) => on.movedSince(number, mark));
  const elsewhere = new Set(moved.map(({ id }) => id));
  let waiting = 0;
  const before = (place: DevicePlace | undefined): DeviceRecord[] => {
    const from = waiting;
    while (waiting < moved.length && (place === undefined || isBefore(moved[waiting], place))) waiting++;
    return moved.slice(from, waiting).map(({ device }) => device);
  };
  for (let after = START; ; ) {
    const from = after;
    const page = await read((on) => on.devicePageThen(lot, lastCertificate, from, PAGE_DEVICES));
    const devices = page.flatMap((place) =>
      elsewhere.has(place.id) ? [] : waiting < moved.length ? [...before(place), place.device] : [place.device],
    );
    if (devices.length > 0) yield devices;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_DEVICES) break;
    after = { line: last.line, id: last.id };
  }
  const rest = before(undefined);
  if (rest.length > 0) yield rest;
}

function isBefore(one: DevicePlace | undefined, other: DevicePlace): boolean {
  return one !== undefined && (one.line < other.line || (one.line === other.line && one.id < other.id));
}
