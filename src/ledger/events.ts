import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { prepare } from "./statement.ts";

/** An entry of the log, before it has its place in the chain. `detail` holds counts, numbers and digests; never a secret. */
export interface NewEvent {
  readonly kind: string;
  /** The lot, authority or device that it is about. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An entry as it stands in the table; `detail` is JSON text. */
export interface StoredEvent {
  readonly seq: number;
  readonly at_ms: number;
  readonly kind: string;
  readonly subject: string;
  readonly detail: string;
  readonly prev: string;
  readonly digest: string;
}

/** What the first event has for a predecessor. */
export const CHAIN_START = "0".repeat(64);

/**
 * An event's digest: SHA-256, in lower-case hex, of the UTF-8 JSON array
 * `[prev, seq, at_ms, kind, subject, detail]` without white space, where `prev` is the digest of the
 * event before and `detail` the JSON text as it is stored, as a string.
 */
export function eventDigest(event: Omit<StoredEvent, "digest">): string {
  const { prev, seq, at_ms, kind, subject, detail } = event;
  return sha256(JSON.stringify([prev, seq, at_ms, kind, subject, detail]));
}

/** SHA-256 over sorted lines, each ended by LF: the digest of a set, whatever order it was read in. */
export function digestLines(lines: readonly string[]): string {
  return sha256(
    lines
      .toSorted()
      .map((line) => `${line}\n`)
      .join(""),
  );
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Makes the function that appends to the chain; it belongs inside a transaction. */
export function eventLog(writer: DatabaseSync, now: () => number): (event: NewEvent) => void {
  const head = prepare<StoredEvent>(writer, "SELECT * FROM events ORDER BY seq DESC LIMIT 1");
  const insert = prepare(
    writer,
    "INSERT INTO events (seq, at_ms, kind, subject, detail, prev, digest) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  return ({ kind, subject, detail }) => {
    const last = head.get();
    const event = {
      seq: (last?.seq ?? 0) + 1,
      at_ms: Math.trunc(now()),
      kind,
      subject,
      detail: JSON.stringify(detail),
      prev: last?.digest ?? CHAIN_START,
    };
    insert.run(event.seq, event.at_ms, kind, subject, event.detail, event.prev, eventDigest(event));
  };
}
