import { isoTime } from "../../domain/iso-time.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { RevocationListState } from "../../ledger/revocation-lists.ts";

/**
 * - none: nothing is revoked, and no list was ever written
 * - missing: something is revoked, and no list was ever written
 * - stale: something was revoked or abandoned since the newest list
 * - expired: the newest list promised the next one for a time that has passed
 * - ageing: the newest list says it all, and more than half of its time has passed
 * - current: the newest list says it all
 */
export type CrlStatus = "none" | "missing" | "stale" | "expired" | "ageing" | "current";

/** How an issuer's newest revocation list stands. What is revoked stays so, hence counting is enough. */
export function crlStatus({ due, written }: RevocationListState, nowMs: number): CrlStatus {
  if (written === null) return due === 0 ? "none" : "missing";
  if (written.entries !== due) return "stale";
  const { thisUpdateMs, nextUpdateMs } = written;
  if (nowMs >= nextUpdateMs) return "expired";
  return nowMs >= (thisUpdateMs + nextUpdateMs) / 2 ? "ageing" : "current";
}

/** An authority's revocations in plain values, for printing. */
export interface DescribedRevocations {
  readonly standing: CrlStatus;
  /** Entries that a list written now would have. */
  readonly due: number;
  /** The newest list; times in ISO 8601. */
  readonly written: {
    readonly number: number;
    readonly entries: number;
    readonly sha256: string;
    readonly thisUpdate: string;
    readonly nextUpdate: string;
  } | null;
  /** Of these entries, how many no platform was told of. */
  readonly unpushed: number;
}

export async function describeRevocations(
  ledger: Pick<Ledger, "revocationList" | "countUnpushed">,
  issuer: string,
  nowMs: number,
): Promise<DescribedRevocations> {
  const state = await ledger.revocationList(issuer);
  const { due, written } = state;
  return {
    standing: crlStatus(state, nowMs),
    due,
    written:
      written === null
        ? null
        : {
            number: written.number,
            entries: written.entries,
            sha256: written.sha256,
            thisUpdate: isoTime(written.thisUpdateMs),
            nextUpdate: isoTime(written.nextUpdateMs),
          },
    unpushed: await ledger.countUnpushed(issuer),
  };
}
