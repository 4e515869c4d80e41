import type { ChainedEvent } from "./engine.ts";
import { ARCHIVE, CHAIN_START, eventDigest, SITE, type StoredEvent } from "./event-digest.ts";
import type { EventStatements } from "./statements/events.ts";

/** A lot's chain is tied into the site's at the end of each run, and each so many events. */
const CHECKPOINT_EVENTS = 1000;
export const CHECKPOINT = "checkpoint";

const SIGNING: ReadonlySet<string> = new Set([
  "batch-reserved",
  "batch-minted",
  "serial-reserved",
  "certificate-recorded",
]);

/**
 * Appends a transaction's events to their chains, right before it is committed: the heads of the chains are
 * locked for as short as possible, lots before the site.
 */
export async function appendEvents(on: EventStatements, nowMs: number, events: readonly ChainedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const atMs = Math.trunc(nowMs);
  const checkpoints: ChainedEvent[] = [];
  for (const chain of new Set(events.map((event) => event.chain))) {
    if (chain === SITE) continue;
    const added = await extend(
      on,
      chain,
      atMs,
      events.filter((event) => event.chain === chain),
    );
    const last = added.at(-1);
    if (last !== undefined && added.some(isTied)) checkpoints.push(checkpoint(last));
  }
  const own = events.filter((event) => event.chain === SITE);
  if (own.length + checkpoints.length > 0) await extend(on, SITE, atMs, [...own, ...checkpoints]);
  if (events.some(({ kind }) => SIGNING.has(kind))) await on.setLastSigned(atMs);
}

/** Whether the chain is tied into the site's at this event. */
export function isTied({ kind, seq }: Pick<StoredEvent, "kind" | "seq">): boolean {
  return kind === "run-ended" || seq % CHECKPOINT_EVENTS === 0;
}

function checkpoint({ chain, seq, subject, digest }: StoredEvent): ChainedEvent {
  return { chain: SITE, kind: CHECKPOINT, subject, detail: { chain, seq, digest } };
}

async function extend(
  on: EventStatements,
  chain: number,
  atMs: number,
  events: readonly ChainedEvent[],
): Promise<readonly StoredEvent[]> {
  const head = await on.lockChain(chain);
  let prev = head?.digest ?? (await on.lockChain(ARCHIVE))?.digest ?? CHAIN_START;
  const stored = events.map(({ kind, subject, detail }, index): StoredEvent => {
    const event = {
      seq: (head?.seq ?? 0) + index + 1,
      atMs,
      kind,
      subject,
      detail: JSON.stringify(detail),
      prev,
    };
    prev = eventDigest(event);
    return { ...event, chain, digest: prev };
  });
  await on.addEvents(stored);
  return stored;
}
