import { announceStep } from "../../disk/announce-step.ts";
import { ensureFolder, PRIVATE_FOLDER } from "../../disk/durable.ts";
import { lotLayout } from "../../disk/layout.ts";
import type { RevocationReason } from "../../domain/certificate.ts";
import { dropBatch } from "../../mint/drop-batch.ts";
import { withLeaseBeside } from "../lot/lease-beside.ts";
import { requireOwn } from "../lot/owner-mark.ts";
import { requireJob } from "../lot/record-job.ts";
import { noteChecked } from "../lot/restored-home.ts";
import { rewriteReports } from "../lot/rewrite-reports.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { takeOverFolders } from "../passwords/claim-folders.ts";
import { REVOKED_PER_COMMIT } from "../revoke/revoke-devices.ts";
import { selectLot } from "../revoke/select-devices.ts";
import { recoverLot } from "./recover-lot.ts";

/** What revocation lists say: the operator's own reason is in the event chain. */
const REASON: RevocationReason = "unspecified";

export interface WrittenOff {
  /** Certificates that were revoked now. */
  readonly revoked: number;
  /** Devices that have no certificate that the ledger knows, and may get one. */
  readonly planned: number;
  /** The authorities whose revocation lists have to say so. */
  readonly issuers: readonly string[];
}

/**
 * Writes a lot of a restored home off: its output is lost, so every certificate that the ledger knows of it, or
 * that what is left of its output shows, is revoked, and the reason recorded. The ids of revoked devices become free,
 * as with every revocation. Killed at any moment, it can be said again.
 */
export async function writeOffLot(tools: RunTools, lot: string, reason: string): Promise<WrittenOff> {
  const { ledger, home } = tools;
  const job = await requireJob(ledger, lot);
  const layout = lotLayout(home, lot, job.secrets.folder);
  return withLeaseBeside(tools, lot, async (lease) => {
    await takeOverFolders(tools, lot, layout);
    await requireOwn(ledger, lot, layout.folder);
    const { alone, issuers } = await recoverLot(ledger, lease, home, job.secrets.folder);
    for (const batch of await ledger.openBatches(lot)) {
      if (batch.state === "minted") await ledger.commitPlaced(lease, batch.number);
      else await dropBatch(ledger, lease, layout, batch);
    }
    const selected = await selectLot(ledger, lot);
    let revoked = 0;
    for await (const some of ledger.revokeLot(lease, { reason: REASON, perCommit: REVOKED_PER_COMMIT })) {
      revoked += some;
      announceStep("revoked");
    }
    for (const serialNumber of alone) {
      if (await ledger.revokeCertificate({ serialNumber, reason: REASON })) revoked++;
    }
    await ledger.recordEvent({ kind: "lot-written-off", subject: lot, detail: { reason, revoked } });
    // A later run of the lot finds folders that it may use: what they held is known to be lost.
    ensureFolder(layout.devices);
    if (job.secrets.folder === undefined) ensureFolder(layout.secrets, PRIVATE_FOLDER);
    await rewriteReports(tools, lot, job);
    const { planned } = await ledger.countByStage(lot);
    await noteChecked(home, ledger, lot);
    return { revoked, planned, issuers: [...new Set([...issuers, ...selected.issuers])] };
  });
}
