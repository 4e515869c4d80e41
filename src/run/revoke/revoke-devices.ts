import { existsSync } from "node:fs";
import { announceStep } from "../../disk/announce-step.ts";
import { lotLayout } from "../../disk/layout.ts";
import type { RevocationReason } from "../../domain/certificate.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotLease } from "../../ledger/locks.ts";
import { withLeaseBeside } from "../lot/lease-beside.ts";
import { requireJob } from "../lot/record-job.ts";
import { recoverBatches } from "../lot/recover-batches.ts";
import { isUnchecked } from "../lot/restored-home.ts";
import { rewriteReports } from "../lot/rewrite-reports.ts";
import type { RunTools } from "../lot/run-tools.ts";
import type { SelectedOfLot } from "./select-devices.ts";

/** Devices that one commit revokes: their serial numbers stand in its event, about 43 octets each. */
export const REVOKED_PER_COMMIT = 2500;

export interface Revocation {
  readonly reason: RevocationReason;
  readonly lots: ReadonlyMap<string, Pick<SelectedOfLot, "externalIds">>;
}

/**
 * Revokes devices: every lot is taken first, so that nothing is done when a run holds one of them
 * (`lot-held`). Says how many were revoked, those that were so before left out; their folders stay as they
 * are. A kill in between leaves some revoked, and saying it again revokes the others.
 */
export async function revokeDevices(tools: RunTools, { reason, lots }: Revocation): Promise<number> {
  const holds = new Map<string, LotLease>();
  const names = [...lots.keys()];
  const holdNext = async (index: number): Promise<number> => {
    const lot = names[index];
    if (lot !== undefined) {
      return withLeaseBeside(tools, lot, (lease) => {
        holds.set(lot, lease);
        return holdNext(index + 1);
      });
    }
    let revoked = 0;
    for (const [name, lease] of holds) revoked += await revokeInLot(tools, lease, reason, lots.get(name)?.externalIds);
    return revoked;
  };
  return holdNext(0);
}

async function revokeInLot(
  tools: RunTools,
  lease: LotLease,
  reason: RevocationReason,
  externalIds: readonly string[] | undefined,
): Promise<number> {
  const { ledger, home } = tools;
  const job = await requireJob(ledger, lease.lot);
  // After a restore a reserved batch may be one that was committed later: it stays for `check` to take in.
  const unchecked = isUnchecked(home, lease.lot);
  const layout = lotLayout(home, lease.lot, job.secrets.folder);
  if (!unchecked) await recoverBatches(ledger, lease, layout);
  let revoked = 0;
  for await (const some of externalIds === undefined
    ? ledger.revokeLot(lease, { reason, perCommit: REVOKED_PER_COMMIT })
    : revokeIds(ledger, lease, reason, externalIds)) {
    revoked += some;
    announceStep("revoked");
  }
  // A report would make the folder whose absence says that the output is not back yet.
  if (!unchecked || existsSync(layout.folder)) await rewriteReports(tools, lease.lot, job);
  return revoked;
}

async function* revokeIds(
  ledger: Pick<Ledger, "revokeDevices">,
  lease: LotLease,
  reason: RevocationReason,
  externalIds: readonly string[],
): AsyncGenerator<number> {
  for (let start = 0; start < externalIds.length; start += REVOKED_PER_COMMIT) {
    const some = externalIds.slice(start, start + REVOKED_PER_COMMIT);
    yield await ledger.revokeDevices(lease, { reason, externalIds: some });
  }
}
