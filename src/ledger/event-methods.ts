import type { Engine } from "./engine.ts";
import type { Ledger } from "./ledger.ts";
import { prepare } from "./statement.ts";
import { CHECKED_KINDS, eventVerifier, linkVerifier } from "./verify-events.ts";

/** The event chain as its readers and other recorders see it. */
export function eventMethods(
  engine: Engine,
): Pick<Ledger, "recordEvent" | "head" | "hasEvent" | "lastSignedAtMs" | "verifyLinks" | "verifyEvents"> {
  const { reader, read, write, append } = engine;
  const head = prepare<{ digest: string; atMs: number }>(
    reader,
    "SELECT digest, at_ms AS atMs FROM events ORDER BY seq DESC LIMIT 1",
  );
  const find = prepare<{ seq: number }>(reader, "SELECT seq FROM events WHERE digest = ?");
  const signed = prepare<{ atMs: number }>(
    reader,
    `SELECT at_ms AS atMs FROM events
     WHERE kind IN ('batch-reserved', 'batch-minted', 'serial-reserved', 'certificate-recorded')
     ORDER BY seq DESC LIMIT 1`,
  );
  return {
    recordEvent: async ({ kind, subject, detail }) => {
      if (CHECKED_KINDS.has(kind)) throw new Error(`events of kind ${kind} are the ledger's own`);
      return write(() => append({ kind, subject, detail }));
    },
    head: () =>
      read(() => {
        const row = head.get();
        return row && { ...row };
      }),
    hasEvent: (digest) => read(() => find.get(digest) !== undefined),
    lastSignedAtMs: () => read(() => signed.get()?.atMs),
    verifyLinks: linkVerifier(engine),
    verifyEvents: eventVerifier(engine),
  };
}
