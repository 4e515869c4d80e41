import { nounFor } from "../../domain/noun-for.ts";
import { CHECKPOINT, isTied } from "./append-events.ts";
import { certificateAccount } from "./certificate-account.ts";
import { damaged } from "./damaged.ts";
import { ARCHIVE, CHAIN_START, eventDigest, SITE, type StoredEvent } from "./event-digest.ts";
import type { Account, ChainHead } from "./statements/events.ts";
import type { Statements } from "./statements.ts";

/** Kinds whose events are held against the tables; nobody but the ledger may record them. */
export const CHECKED_KINDS: ReadonlySet<string> = new Set([
  "batch-reserved",
  "batch-minted",
  "serial-reserved",
  "certificate-recorded",
  "certificates-adopted",
  "certificates-revoked",
]);
const PAGE_EVENTS = 500;
const CURE = "the ledger was altered or damaged; restore it from a backup with `lotmint restore`";

/** How far a walk has come along a chain. */
interface Walked {
  readonly seq: number;
  readonly digest: string;
  /** The newest event at which the chain should be tied into the site's; 0: none. */
  readonly tiedAt: number;
}

/** A checkpoint as the site's chain has it: a lot's chain at one of its events. */
interface Checkpoint {
  readonly chain: number;
  readonly lot: string;
  readonly seq: number;
  readonly digest: string;
  /** The event of the site's chain. */
  readonly event: StoredEvent;
}

/** Walks all chains and looks at nothing but the chains. */
export async function verifyLinks(on: Statements): Promise<void> {
  await walkChains(on, async () => undefined);
}

/**
 * Walks all chains. Besides each event's place and digest it checks what the events say of the certificates, as
 * far as a row keeps what was first recorded: serial number, id and fingerprint, and that what was revoked stays so.
 */
export async function verifyEvents(on: Statements): Promise<{ readonly events: number; readonly head: string }> {
  const flaw = await on.storageFlaw();
  if (flaw !== undefined) throw damaged(`the ledger's file is damaged (${flaw}); ${CURE}`);
  let told: Account = { reserved: 0, signed: 0 };
  const { walked, certificates } = await walkChains(on, async (event) => {
    if (!CHECKED_KINDS.has(event.kind)) return;
    const account = await certificateAccount(on, event);
    if (account === undefined) {
      throw damaged(`the certificates that event ${nameOf(event)} tells of differ; ${CURE}`);
    }
    told = { reserved: told.reserved + account.reserved, signed: told.signed + account.signed };
  });
  const { events, head } = sumOf(walked);
  if (certificates.reserved !== told.reserved || certificates.signed !== told.signed) {
    throw damaged(
      `the certificates are not those that the ledger's ${events} ${nounFor(events, "event tells", "events tell")} of; ${CURE}`,
    );
  }
  return { events, head };
}

/** What `verifyEvents` checks, of these certificates of devices and of their batches. */
export async function verifyEventsOf(
  on: Statements,
  serialNumbers: readonly string[],
): Promise<{ readonly events: number; readonly head: string }> {
  const wanted = new Set(serialNumbers);
  const known = await on.batchesOf(serialNumbers);
  const batches = new Set(known.map(({ batch }) => batch));
  const minted = new Set<number>();
  const { walked } = await walkChains(on, async (event) => {
    if (!CHECKED_KINDS.has(event.kind)) return;
    const detail = JSON.parse(event.detail) as Readonly<Record<string, unknown>>;
    const batch = Number(detail["batch"] ?? 0);
    const serials = (detail["serials"] ?? []) as readonly unknown[];
    if (!batches.has(batch) && !serials.some((serial) => wanted.has(String(serial)))) return;
    if ((await certificateAccount(on, event)) === undefined) {
      throw damaged(`the certificates that event ${nameOf(event)} tells of differ; ${CURE}`);
    }
    if (event.kind === "batch-minted") minted.add(batch);
  });
  const untold = serialNumbers.find(
    (serialNumber) => !known.some((one) => one.serialNumber === serialNumber && minted.has(one.batch)),
  );
  if (untold !== undefined) throw damaged(`no event tells of the certificate with serial number ${untold}; ${CURE}`);
  return sumOf(walked);
}

function sumOf(walked: ReadonlyMap<number, Walked>): { readonly events: number; readonly head: string } {
  const events = [...walked.values()].reduce((sum, { seq }) => sum + seq, 0);
  const head = walked.get(SITE) ?? walked.get(ARCHIVE);
  return { events, head: head?.digest ?? CHAIN_START };
}

/** Throws `state-damaged` unless the event stands at this place and holds what was recorded. */
export function requireLink(event: StoredEvent, seq: number, prev: string): void {
  if (event.seq === seq && event.prev === prev && event.digest === eventDigest(event)) return;
  throw damaged(`event ${nameOf(event)} does not fit the chain; ${CURE}`);
}

/**
 * Walks every chain to its end. A run may be committing meanwhile: the walk goes on until nothing was added, so
 * that the ends of the chains and the number of certificates belong to one snapshot.
 */
async function walkChains(
  on: Statements,
  look: (event: StoredEvent) => Promise<void>,
): Promise<{ readonly walked: ReadonlyMap<number, Walked>; readonly certificates: Account }> {
  const walked = new Map<number, Walked>();
  const checkpoints: Checkpoint[] = [];
  const passed = new Map<string, string>();
  for (;;) {
    const { chains, certificates } = await on.chainsAndCertificates();
    const ahead = chains.filter(({ chain, seq, digest, newest }) => {
      const at = walked.get(chain);
      return at === undefined ? seq > 0 || newest > 0 : at.seq !== seq || at.digest !== digest;
    });
    for (const chain of walked.keys()) {
      if (!chains.some((head) => head.chain === chain)) throw damaged(`a chain of events is gone; ${CURE}`);
    }
    if (ahead.length === 0) {
      requireTied(chains, walked, checkpoints, passed);
      return { walked, certificates };
    }
    // The archive first: the others start from its head. The site last: its checkpoints tell of events that were walked.
    const orphan = ahead.find(({ chain, lot }) => chain > SITE && lot === null);
    if (orphan !== undefined) throw damaged(`there are events of a lot that is gone; ${CURE}`);
    const order = ahead.toSorted((a, b) => placeOf(a.chain) - placeOf(b.chain));
    for (const head of order) {
      const start = walked.get(ARCHIVE)?.digest ?? CHAIN_START;
      const from = walked.get(head.chain) ?? {
        seq: 0,
        digest: head.chain === ARCHIVE ? CHAIN_START : start,
        tiedAt: 0,
      };
      walked.set(
        head.chain,
        await walkChain(on, head, from, async (event) => {
          if (head.lot !== null && event.subject !== head.lot) {
            throw damaged(`event ${nameOf(event)} does not belong to lot ${head.lot}; ${CURE}`);
          }
          if (head.chain === SITE && event.kind === CHECKPOINT) checkpoints.push(readCheckpoint(event));
          if (head.lot !== null && isTied(event)) passed.set(`${event.chain} ${event.seq}`, event.digest);
          await look(event);
        }),
      );
    }
  }
}

function placeOf(chain: number): number {
  if (chain === ARCHIVE) return 0;
  return chain === SITE ? 2 : 1;
}

/** Walks on from where the walk was, at least to where the chain's head is said to be. */
async function walkChain(
  on: Statements,
  head: ChainHead,
  from: Walked,
  look: (event: StoredEvent) => Promise<void>,
): Promise<Walked> {
  let { seq, digest, tiedAt } = from;
  const end = Math.max(head.seq, head.newest);
  while (seq < end) {
    const page = await on.eventPage(head.chain, seq, Math.min(PAGE_EVENTS, end - seq));
    if (page.length === 0) break;
    for (const event of page) {
      requireLink(event, seq + 1, digest);
      await look(event);
      ({ seq, digest } = event);
      if (isTied(event)) tiedAt = seq;
    }
  }
  if (seq === head.seq && digest === head.digest) return { seq, digest, tiedAt };
  const whose = head.lot === null ? "the site" : `lot ${head.lot}`;
  throw damaged(
    `the chain of events of ${whose} ends with event ${seq} and should with ${head.seq}: its end was cut off; ${CURE}`,
  );
}

/** Each checkpoint has to fit its lot's chain, and each chain the checkpoints that it should have. */
function requireTied(
  chains: readonly ChainHead[],
  walked: ReadonlyMap<number, Walked>,
  checkpoints: readonly Checkpoint[],
  passed: ReadonlyMap<string, string>,
): void {
  const tied = new Map<number, number>();
  for (const { chain, seq, digest, lot, event } of checkpoints) {
    if (passed.get(`${chain} ${seq}`) !== digest) {
      throw damaged(`lot ${lot} does not have the event that the site's event ${nameOf(event)} tells of; ${CURE}`);
    }
    tied.set(chain, Math.max(seq, tied.get(chain) ?? 0));
  }
  for (const { chain, lot } of chains) {
    const { tiedAt = 0 } = walked.get(chain) ?? {};
    if (lot === null || (tied.get(chain) ?? 0) >= tiedAt) continue;
    throw damaged(`the site's chain has no checkpoint for event ${tiedAt} of lot ${lot}; ${CURE}`);
  }
}

function readCheckpoint(event: StoredEvent): Checkpoint {
  const { chain, seq, digest } = JSON.parse(event.detail) as Readonly<Record<string, unknown>>;
  return { chain: Number(chain), seq: Number(seq), digest: String(digest), lot: event.subject, event };
}

function nameOf({ seq, kind, subject }: StoredEvent): string {
  return `${seq} (${kind}, ${subject})`;
}
