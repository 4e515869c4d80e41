import { expect, test } from "vitest";
import { type Receipt, readReceipt, receiptText } from "../../src/domain/receipt.ts";

const SHA = "ab".repeat(32);
const RECEIPT: Receipt = {
  version: 1,
  number: 7,
  lot: "L1",
  tool: { name: "lotmint", version: "1.0.0" },
  host: "line-pc",
  operator: "m.müller",
  startedAt: "2026-11-23T04:00:00.000Z",
  endedAt: "2026-11-23T05:00:00.000Z",
  manifests: [{ number: 1, name: "L1.csv", sha256: SHA }],
  job: { name: "line", sha256: SHA },
  issuer: { name: "line-1", subject: "CN=Line 1", sha256: SHA },
  counts: { planned: 0, reserved: 0, minted: 0, listed: 0, submitted: 0, confirmed: 2, rejected: 0, revoked: 0 },
  devices: { count: 2, sha256: SHA },
  parts: [{ number: 1, rows: 2, sha256: SHA }],
  ledger: { id: "00", generation: "1-00", head: SHA },
  previous: { number: 6, sha256: SHA },
};

test("a receipt is one line of JSON with its keys in order, and is read back", () => {
  const text = receiptText(RECEIPT);
  expect(text).toMatch(/^\{"counts":\{"confirmed":2.*"version":1\}\n$/);
  expect(readReceipt(text)).toEqual(RECEIPT);
  expect(readReceipt(receiptText({ ...RECEIPT, previous: null }))?.previous).toBeNull();
});

test("the same in other octets is no receipt", () => {
  const text = receiptText(RECEIPT);
  for (const other of [text.trimEnd(), ` ${text}`, JSON.stringify(RECEIPT), text.replace('"host"', '"ho\\u0073t"')]) {
    expect(readReceipt(other)).toBeUndefined();
  }
});

test.each([
  "",
  "null",
  "[]",
  "{}",
  "no JSON",
  receiptText({ ...RECEIPT, version: 2 as 1 }),
  receiptText({ ...RECEIPT, number: -1 }),
  receiptText({ ...RECEIPT, devices: { count: 2, sha256: "x" } }),
  receiptText({ ...RECEIPT, previous: { number: 6, sha256: "" } }),
  receiptText({ ...RECEIPT, parts: [{ number: 1, rows: 2, sha256: "" }] }),
])("what is another thing is none: %j", (text) => {
  expect(readReceipt(text)).toBeUndefined();
});
