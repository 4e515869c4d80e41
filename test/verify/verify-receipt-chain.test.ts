import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { type Receipt, receiptText } from "../../src/domain/receipt.ts";
import type { StoredReceipt } from "../../src/ledger/receipts.ts";
import { verifyReceiptChain } from "../../src/verify/verify-receipt-chain.ts";

const SHA = "ab".repeat(32);
const NONE = { planned: 0, reserved: 0, minted: 0, listed: 0, submitted: 0, confirmed: 0, rejected: 0, revoked: 0 };

function stored(number: number, before: StoredReceipt | null, change: Partial<Receipt> = {}): StoredReceipt {
  const content = receiptText({
    version: 1,
    number,
    lot: `L${number}`,
    tool: { name: "lotmint", version: "1.0.0" },
    host: "line-pc",
    operator: "an operator",
    startedAt: "2026-11-23T04:00:00.000Z",
    endedAt: "2026-11-23T05:00:00.000Z",
    manifests: [],
    job: { name: "line", sha256: SHA },
    issuer: { name: "line-1", subject: "CN=Line 1", sha256: SHA },
    counts: NONE,
    devices: { count: 0, sha256: SHA },
    parts: [],
    ledger: { id: "00", generation: "1-00", head: SHA },
    previous: before === null ? null : { number: before.number, sha256: before.sha256 },
    ...change,
  });
  return {
    number,
    lot: `L${number}`,
    sha256: hash("sha256", content),
    content,
    signature: Buffer.alloc(0),
    known: true,
  };
}

/** Their files are not written yet, so that what the receipts say of each other is judged alone. */
async function faultsOf(...receipts: readonly StoredReceipt[]): Promise<readonly string[]> {
  const ledger = {
    receipts: async () => receipts,
    receipt: async (number: number) => receipts.find((one) => one.number === number),
    receiptSpans: async () => [{ first: 1, last: 3 }],
    unplacedReceipts: async () => receipts,
  };
  return (await verifyReceiptChain(ledger, { receipts: "/nowhere" })).faults;
}

const first = stored(1, null);
const second = stored(2, first);
const third = stored(3, second);

test("receipts that each name the one before fit", async () => {
  expect(await faultsOf(first, second, third)).toEqual([]);
});

test("one that was replaced by another, recorded as it should be, does not have the digest that the next one names", async () => {
  const other = stored(1, null, { operator: "somebody else" });
  expect(await faultsOf(other, second, third)).toEqual([
    "receipt 2 of lot L2 names receipt 1 by another digest than it has: one of the two was replaced",
  ]);
});

test.each<readonly [string, readonly StoredReceipt[], string]>([
  ["names none", [first, stored(2, null)], "receipt 2 of lot L2 names none before it, and 1 is"],
  [
    "names an earlier one",
    [first, second, stored(3, first)],
    "receipt 3 of lot L3 names receipt 1 as the one before it",
  ],
  ["is missing", [first, third], "receipt 2 is missing in the ledger: it was altered"],
  [
    "has another content",
    [first, { ...second, content: `${second.content} ` }],
    "receipt 2 of lot L2 is changed in the ledger",
  ],
  [
    "is another one",
    [first, { ...third, number: 2, lot: "L2" }],
    "receipt 2 of lot L2 is recorded under its number, and is receipt 3 of lot L3",
  ],
])("one that %s is named", async (_what, receipts, fault) => {
  expect(await faultsOf(...receipts)).toContain(fault);
});
