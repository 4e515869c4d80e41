import { existsSync } from "node:fs";
import { announceStep } from "../../disk/announce-step.ts";
import { lotLayout } from "../../disk/layout.ts";
import type { RevocationReason } from "../../domain/certificate.ts";
import type { LotHold } from "../../ledger/locks.ts";
import { withLeaseBeside } from "../lot/lease-beside.ts";
import { requireJob } from "../lot/record-job.ts";
import { recoverBatches } from "../lot/recover-batches.ts";
import { isUnchecked } from "../lot/restored-home.ts";
import { rewriteReports } from "../lot/rewrite-reports.ts";
import type { RunTools } from "../lot/run-tools.ts";

/** Devices that one commit revokes: their serial numbers stand in its event. */
const PER_COMMIT = 500;

export interface Revocation {
  readonly reason: RevocationReason;
  /** Ids by lot. */
  readonly lots: ReadonlyMap<string, readonly string[]>;
}

/**
 * Revokes devices: every lot is taken first, so that nothing is done when a run holds one of them
 * (`lot-held`). Says how many were revoked, those that were so before left out; their folders stay as they
 * are. A kill in between leaves some revoked, and saying it again revokes the others.
 */
export async function revokeDevices(tools: RunTools, { reason, lots }: Revocation): Promise<number> {
  const holds = new Map<string, LotHold>();
  const names = [...lots.keys()];
  const holdNext = async (index: number): Promise<number> => {
    const lot = names[index];
    if (lot !== undefined) {
      return withLeaseBeside(tools, lot, (hold) => {
        holds.set(lot, hold);
        return holdNext(index + 1);
      });
    }
    let revoked = 0;
    for (const [name, hold] of holds) revoked += await revokeInLot(tools, hold, reason, lots.get(name) ?? []);
    return revoked;
  };
  return holdNext(0);
}

async function revokeInLot(
  { ledger, home, now }: RunTools,
  hold: LotHold,
  reason: RevocationReason,
  externalIds: readonly string[],
): Promise<number> {
  const job = await requireJob(ledger, hold.lot);
  // After a restore a reserved batch may be one that was committed later: it stays for `check` to take in.
  const unchecked = isUnchecked(home, hold.lot);
  const layout = lotLayout(home, hold.lot, job.secrets.folder);
  if (!unchecked) await recoverBatches(ledger, hold, layout);
  let revoked = 0;
  for (let start = 0; start < externalIds.length; start += PER_COMMIT) {
    revoked += await ledger.revokeDevices(hold, { reason, externalIds: externalIds.slice(start, start + PER_COMMIT) });
    announceStep("revoked");
  }
  // A report would make the folder whose absence says that the output is not back yet.
  if (!unchecked || existsSync(layout.folder)) await rewriteReports(ledger, home, hold.lot, job, now());
  return revoked;
}
