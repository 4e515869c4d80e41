import type { AuthorityDescription } from "../authority/describe-authority.ts";
import { readSealRecipient } from "../authority/foreign/seal-recipient.ts";
import { describeAuthority } from "../authority/load-authority.ts";
import type { Home } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Job, Site } from "../domain/job.ts";
import type { DecidedBatch, LotForecast, RejectedRow } from "../domain/plan.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { planLot } from "../plan/plan-lot.ts";
import { summarizePlan } from "../plan/summarize-plan.ts";
import { isTakenIn } from "./absorb-manifest.ts";
import { loadTruststore } from "./lot/load-truststore.ts";
import { recordedJob, refuseMixedIssuance } from "./lot/record-job.ts";

export interface ForecastTools {
  readonly home: Home;
  readonly site: Pick<Site, "idRule">;
  readonly ledger: Ledger;
  readonly now: () => number;
}

export interface LotToForecast {
  readonly lot: string;
  readonly job: Job;
  /** Path of the manifest. */
  readonly manifest: string;
  /** What errors call it. */
  readonly manifestName: string;
  /** Told of each row that would be rejected, in the order of the file. */
  readonly onRejected: (row: RejectedRow) => void;
}

/**
 * What a run of this manifest would do; writes nothing. `notes` are what it would stop at or warn of. Throws `usage` for what is no
 * manifest, and `issuer-unusable` for an authority that cannot be read; whether it may sign is for the caller to ask.
 */
export async function forecastLot(
  tools: ForecastTools,
  { lot, job, manifest, manifestName, onRejected }: LotToForecast,
): Promise<{ readonly plan: LotForecast; readonly issuer: AuthorityDescription; readonly notes: readonly string[] }> {
  const { home, site, ledger } = tools;
  const issuer = describeAuthority(home, job.issuer);
  const planned = await planLot({ home, site, ledger, job, lot, manifest, manifestName });
  const before = await recordedJob(ledger, lot);
  const manifests = await ledger.manifests(lot);
  const plan = await summarizePlan({
    lot,
    job,
    batches: telling(planned.batches, onRejected),
    lotIds: () => ledger.deviceIds(lot),
    counts: await ledger.countByStage(lot),
    corrected: planned.corrected,
    takenIn: () => isTakenIn(planned.sha256(), manifests, before, job),
  });
  const notes = [
    ...(await findLotHindrances(lot, job, ledger)),
    ...(plan.run.mint > 0 ? findHindrances(job, tools) : []),
  ];
  return { plan, issuer, notes };
}

/** What of the lot as it stands a run would stop at. */
async function findLotHindrances(lot: string, job: Job, ledger: Ledger): Promise<readonly string[]> {
  const notes: string[] = [];
  const heldBy = (await ledger.lot(lot))?.heldBy ?? null;
  if (heldBy !== null) {
    notes.push(`the lot is held by process ${heldBy.pid} on ${heldBy.host}: if that still runs, these figures change`);
  }
  try {
    await refuseMixedIssuance(ledger, lot, job, false);
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    notes.push(`a run would stop: ${error.message}`);
  }
  return notes;
}

/** What of the files that the job names a run would stop at, or warn of. */
function findHindrances(
  { truststore, secrets, passwords }: Job,
  { home, now }: Pick<ForecastTools, "home" | "now">,
): readonly string[] {
  const notes: string[] = [];
  const attempt = (read: () => readonly string[]) => {
    try {
      notes.push(...read());
    } catch (error) {
      if (!(error instanceof OnboardingError)) throw error;
      notes.push(`a run would stop: ${error.message}`);
    }
  };
  if (truststore !== undefined) attempt(() => loadTruststore(home, truststore, now()).notes);
  const { sealTo } = secrets;
  if (sealTo !== undefined && passwords === "per-device") {
    attempt(() => {
      readSealRecipient(sealTo, now());
      return [];
    });
  }
  return notes;
}

async function* telling(
  batches: AsyncIterable<DecidedBatch>,
  onRejected: (row: RejectedRow) => void,
): AsyncGenerator<DecidedBatch> {
  for await (const batch of batches) {
    for (const row of batch.rejected) onRejected(row);
    yield batch;
  }
}
