import { hash } from "node:crypto";

/** An entry of the log, before it has its place in a chain. `detail` holds counts, numbers and digests; never a secret. */
export interface NewEvent {
  readonly kind: string;
  /** The lot, authority or device that it is about. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An entry as it is stored; `detail` is JSON text. */
export interface StoredEvent {
  readonly chain: number;
  /** Its place in the chain, from 1. */
  readonly seq: number;
  readonly atMs: number;
  readonly kind: string;
  readonly subject: string;
  readonly detail: string;
  readonly prev: string;
  readonly digest: string;
}

/** The chain of what concerns no single lot: authorities, revocation lists, checkpoints of the lots' chains. */
export const SITE = 0;
/** The one chain of a ledger that was made before each lot had its own, kept as it was. The others start from its head. */
export const ARCHIVE = -1;
/** What the first event of all has for a predecessor. */
export const CHAIN_START = "0".repeat(64);

/**
 * An event's digest: SHA-256, in lower-case hex, of the UTF-8 JSON array
 * `[prev, seq, at_ms, kind, subject, detail]` without white space, where `prev` is the digest of the
 * event before and `detail` the JSON text as it is stored, as a string.
 */
export function eventDigest(event: Omit<StoredEvent, "digest" | "chain">): string {
  const { prev, seq, atMs, kind, subject, detail } = event;
  return hash("sha256", JSON.stringify([prev, seq, atMs, kind, subject, detail]), "hex");
}

/** SHA-256 over sorted lines, each ended by LF: the digest of a set, whatever order it was read in. */
export function digestLines(lines: readonly string[]): string {
  const sorted = lines.toSorted();
  return hash("sha256", sorted.length === 0 ? "" : `${sorted.join("\n")}\n`, "hex");
}
