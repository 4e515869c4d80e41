import { lotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { withLeaseBeside } from "./lease-beside.ts";
import { recordedJob } from "./record-job.ts";
import { recoverBatches } from "./recover-batches.ts";
import { isUnchecked } from "./restored-home.ts";
import type { RunTools } from "./run-tools.ts";

/**
 * Recovers the lots in which killed runs left batches under this issuer, so that their serial numbers are
 * either certificates or abandoned. Lots that a run holds are left alone and named: their numbers are under way.
 * Lots of a restored home that have not been checked are left alone too.
 */
export async function recoverIssuer(tools: RunTools, issuer: string): Promise<{ readonly held: readonly string[] }> {
  const { ledger, home } = tools;
  const held: string[] = [];
  for (const lot of await ledger.lotsUnderWay(issuer)) {
    // After a restore a reserved batch may be one that was committed later: its passwords must stay.
    if (isUnchecked(home, lot)) continue;
    const job = await recordedJob(ledger, lot);
    try {
      await withLeaseBeside(tools, lot, (lease) =>
        recoverBatches(ledger, lease, lotLayout(home, lot, job?.secrets.folder)),
      );
    } catch (error) {
      if (!(error instanceof OnboardingError) || error.code !== "lot-held") throw error;
      held.push(lot);
    }
  }
  return { held };
}
