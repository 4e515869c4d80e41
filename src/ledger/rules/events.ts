import type { Events } from "../events.ts";
import { CHECKPOINT } from "./append-events.ts";
import type { Engine } from "./engine.ts";
import { SITE } from "./event-digest.ts";
import { CHECKED_KINDS, verifyEvents, verifyEventsOf, verifyLinks } from "./verify-events.ts";

/** The chains of events as their readers and other recorders see them. */
export function eventRules({ read, write }: Engine): Events {
  return {
    recordEvent: async (event) => {
      if (CHECKED_KINDS.has(event.kind) || event.kind === CHECKPOINT) {
        throw new Error(`events of kind ${event.kind} are the ledger's own`);
      }
      await write(async (_on, append) => append({ chain: SITE, ...event }));
    },
    head: (lot) =>
      read(async (on) => {
        const chain = lot === undefined ? SITE : await on.lotChain(lot);
        const event = chain === undefined ? undefined : await on.newestEvent(chain);
        return event && { digest: event.digest, atMs: event.atMs };
      }),
    hasEvent: (digest) => read((on) => on.hasDigest(digest)),
    lastSignedAtMs: () => read((on) => on.lastSigned()),
    verifyLinks: () => read(verifyLinks),
    verifyEvents: () => read(verifyEvents),
    verifyEventsOf: (serialNumbers) => read((on) => verifyEventsOf(on, serialNumbers)),
  };
}
