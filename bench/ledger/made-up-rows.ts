import { createHash } from "node:crypto";
import type { PlannedBatch } from "../../src/domain/plan.ts";

/** Rows that the ledger is filled with, and certificates that nobody signed. */
export interface MadeUpRows {
  /** Before the number in an id. */
  readonly prefix: string;
  /** The platform's type of the devices. */
  readonly type: string;
}

/** What a plan decides of devices `from` up to, not including, `to`: all are minted, 500 at a time. */
export async function* madeUpDecisions(rows: MadeUpRows, from: number, to: number): AsyncGenerator<PlannedBatch> {
  for (let start = from; start < to; start += 500) {
    const devices = Array.from({ length: Math.min(500, to - start) }, (_, index) => deviceOf(rows, start + index));
    yield {
      decisions: devices.map((device) => {
        return { kind: "mint", device, subjectDigest: digest(device.externalId), registrationDigest: digest("row") };
      }),
      rejected: [],
    };
  }
}

/** The id of one of these devices. */
export function madeUpId(prefix: string, index: number): string {
  return `${prefix}-${String(index).padStart(7, "0")}`;
}

function deviceOf({ prefix, type }: MadeUpRows, index: number) {
  const externalId = madeUpId(prefix, index);
  const name = `Sensor ${index}`;
  return {
    externalId,
    line: index + 2,
    cells: { id: externalId, name, path: "Hall 1/Line 1" },
    subject: [{ attribute: "CN" as const, value: externalId }],
    registration: { type, name, agent: true, path: "Hall 1/Line 1", properties: {}, externalIds: {} },
  };
}

/** A certificate as minting records it. */
export function madeUpCertificate(device: { readonly externalId: string; readonly serialNumber: string }) {
  const { externalId, serialNumber } = device;
  const files = {
    "certificate.pem": digest(serialNumber),
    "chain.pem": digest("chain"),
    "keystore.p12": digest(externalId),
  };
  const sha256 = digest(`certificate ${serialNumber}`);
  const publicKeySha256 = digest(`key ${serialNumber}`);
  return { externalId, serialNumber, notAfterMs: Date.UTC(2035, 0, 1), sha256, publicKeySha256, files };
}

/** SHA-256 in lower-case hex. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
