import { existsSync } from "node:fs";
import { announceStep } from "../../disk/announce-step.ts";
import { type LotLayout, lotLayout } from "../../disk/layout.ts";
import type { RevocationReason } from "../../domain/certificate.ts";
import { inPages } from "../../domain/in-pages.ts";
import type { Job } from "../../domain/job.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotLease } from "../../ledger/locks.ts";
import { withLeaseBeside } from "../lot/lease-beside.ts";
import { requireJob } from "../lot/record-job.ts";
import { recoverBatches } from "../lot/recover-batches.ts";
import { isUnchecked } from "../lot/restored-home.ts";
import { rewriteReports } from "../lot/rewrite-reports.ts";
import type { RunTools } from "../lot/run-tools.ts";

/** Devices that one commit revokes: their serial numbers stand in its event, about 43 octets each. */
export const REVOKED_PER_COMMIT = 2500;

export interface Revocation {
  readonly reason: RevocationReason;
  readonly lots: Iterable<string>;
  /** Of these lots' devices, those with these ids; undefined: all. Read once. */
  readonly externalIds?: Iterable<string> | undefined;
}

/** A lot that is held, to be revoked in. */
interface HeldLot {
  readonly lease: LotLease;
  readonly job: Job;
  /** After a restore a reserved batch may be one that was committed later: it stays for `check` to take in. */
  readonly unchecked: boolean;
  readonly layout: LotLayout;
}

/**
 * Revokes devices: every lot is taken first, so that nothing is done when a run holds one of them
 * (`lot-held`). Says how many were revoked, those that were so before left out; their folders stay as they
 * are. A kill in between leaves some revoked, and saying it again revokes the others.
 */
export async function revokeDevices(tools: RunTools, { reason, lots, externalIds }: Revocation): Promise<number> {
  const held = new Map<string, HeldLot>();
  const names = [...lots];
  const holdNext = async (index: number): Promise<number> => {
    const name = names[index];
    if (name === undefined) return revokeHeld(tools, held, reason, externalIds);
    return withLeaseBeside(tools, name, async (lease) => {
      const job = await requireJob(tools.ledger, name);
      const layout = lotLayout(tools.home, name, job.secrets.folder);
      held.set(name, { lease, job, layout, unchecked: isUnchecked(tools.home, name) });
      return holdNext(index + 1);
    });
  };
  return holdNext(0);
}

async function revokeHeld(
  tools: RunTools,
  held: ReadonlyMap<string, HeldLot>,
  reason: RevocationReason,
  externalIds: Iterable<string> | undefined,
): Promise<number> {
  const { ledger } = tools;
  for (const { lease, layout, unchecked } of held.values()) {
    if (!unchecked) await recoverBatches(ledger, lease, layout);
  }
  let revoked = 0;
  for await (const some of externalIds === undefined
    ? revokeLots(ledger, held, reason)
    : revokeIds(ledger, held, reason, externalIds)) {
    revoked += some;
    announceStep("revoked");
  }
  for (const [name, { job, layout, unchecked }] of held) {
    // A report would make the folder whose absence says that the output is not back yet.
    if (!unchecked || existsSync(layout.folder)) await rewriteReports(tools, name, job);
  }
  return revoked;
}

async function* revokeLots(
  ledger: Pick<Ledger, "revokeLot">,
  held: ReadonlyMap<string, HeldLot>,
  reason: RevocationReason,
): AsyncGenerator<number> {
  for (const { lease } of held.values()) yield* ledger.revokeLot(lease, { reason, perCommit: REVOKED_PER_COMMIT });
}

/** An id that no held lot has any more is passed over. */
async function* revokeIds(
  ledger: Pick<Ledger, "revokeDevices" | "certifiedDevices">,
  held: ReadonlyMap<string, HeldLot>,
  reason: RevocationReason,
  externalIds: Iterable<string>,
): AsyncGenerator<number> {
  for (const page of inPages(externalIds, REVOKED_PER_COMMIT)) {
    const ofLots = new Map<LotLease, string[]>();
    for (const { externalId, lot, serialNumber, revoked } of await ledger.certifiedDevices(page)) {
      const lease = held.get(lot)?.lease;
      if (lease === undefined || serialNumber === null || revoked) continue;
      const ids = ofLots.get(lease) ?? [];
      ofLots.set(lease, ids);
      ids.push(externalId);
    }
    for (const [lease, ids] of ofLots) yield await ledger.revokeDevices(lease, { reason, externalIds: ids });
  }
}
