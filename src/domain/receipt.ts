import { canonicalJson } from "./canonical-json.ts";
import type { Stage } from "./stage.ts";

/** What a run has completed of a lot, as it is signed and kept. Times are ISO 8601 in UTC, digests SHA-256 in lower-case hex. */
export interface Receipt {
  /** Of this shape. */
  readonly version: 1;
  /** Over the whole home, from 1; after a restore it goes on from the time of the restore in milliseconds. */
  readonly number: number;
  readonly lot: string;
  readonly tool: { readonly name: "lotmint"; readonly version: string };
  readonly host: string;
  /** Who ran it: LOTMINT_OPERATOR, else the user's name. */
  readonly operator: string;
  /** The run's begin, and when the receipt was made. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** What the lot was made from, oldest first. */
  readonly manifests: readonly { readonly number: number; readonly name: string; readonly sha256: string }[];
  /** The digest is that of the resolved job: of state/lots/<lot>/job.json as it was then. */
  readonly job: { readonly name: string; readonly sha256: string };
  /** The authority that signed the lot's newest certificates, and this receipt; the digest is that of its certificate, DER. */
  readonly issuer: { readonly name: string; readonly subject: string; readonly sha256: string };
  /** Devices at each stage. */
  readonly counts: Readonly<Record<Stage, number>>;
  /** The digest of one line `id,serialNumber,sha256,notAfter` for each, with LF at its end, in the order of the lines of the manifest. */
  readonly devices: { readonly count: number; readonly sha256: string };
  readonly parts: readonly { readonly number: number; readonly rows: number; readonly sha256: string }[];
  /** The ledger, its generation (a restore opens another), and the newest event of the lot's chain. */
  readonly ledger: { readonly id: string; readonly generation: string; readonly head: string };
  /** The receipt before, of whatever lot; null for the first. The digest is that of its JSON file. */
  readonly previous: { readonly number: number; readonly sha256: string } | null;
}

/** The octets of a receipt's file, which are what is signed: canonical JSON with a line feed at its end. */
export function receiptText(receipt: Receipt): string {
  return `${canonicalJson(receipt)}\n`;
}

/** Reads what `receiptText` wrote; undefined for anything else, white space included. */
export function readReceipt(text: string): Receipt | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isReceipt(value) && receiptText(value) === text ? value : undefined;
}

function isReceipt(value: unknown): value is Receipt {
  if (!isRecord(value)) return false;
  const { version, number, lot, tool, issuer, job, devices, ledger, previous, manifests, parts, counts } = value;
  const texts = [value["host"], value["operator"], value["startedAt"], value["endedAt"], lot];
  return (
    version === 1 &&
    isNumber(number) &&
    texts.every((text) => typeof text === "string") &&
    isRecord(tool) &&
    tool["name"] === "lotmint" &&
    isRecord(issuer) &&
    typeof issuer["name"] === "string" &&
    isDigest(issuer["sha256"]) &&
    isRecord(job) &&
    isDigest(job["sha256"]) &&
    isRecord(devices) &&
    isNumber(devices["count"]) &&
    isDigest(devices["sha256"]) &&
    isRecord(counts) &&
    isRecord(ledger) &&
    typeof ledger["id"] === "string" &&
    typeof ledger["head"] === "string" &&
    (previous === null || isNamed(previous)) &&
    isListOfNamed(manifests) &&
    isListOfNamed(parts)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDigest(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isNamed(value: unknown): boolean {
  return isRecord(value) && isNumber(value["number"]) && isDigest(value["sha256"]);
}

function isListOfNamed(value: unknown): boolean {
  return Array.isArray(value) && value.every(isNamed);
}
