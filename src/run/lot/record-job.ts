import { readFileSync } from "node:fs";
import { issuanceChanges, jobFromJson, jobToJson } from "../../config/job-json.ts";
import { ensureFolder, PRIVATE_FILE, PRIVATE_FOLDER, replaceFile } from "../../disk/durable.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import { suggestName } from "../../domain/nearest-word.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotAtWork } from "./lot-at-work.ts";

/** The job that a lot works from: its own copy, whatever has become of jobs/ since; undefined for a new lot. */
export async function recordedJob(ledger: Pick<Ledger, "lot">, lot: string): Promise<Job | undefined> {
  const record = await ledger.lot(lot);
  return record === undefined ? undefined : jobFromJson(record.jobJson);
}

/**
 * Refuses a job whose issuance settings differ from the ones under which a part of an unfinished lot has
 * been minted, so that no lot comes out half one way and half the other by accident. Throws `usage`
 * naming the settings.
 */
export async function refuseMixedIssuance(ledger: Ledger, lot: string, asked: Job, accepted: boolean): Promise<void> {
  const recorded = await recordedJob(ledger, lot);
  if (recorded === undefined || accepted) return;
  const counts = await ledger.countByStage(lot);
  const toMint = counts.planned + counts.reserved;
  const { issued } = await ledger.countLotCertificates(lot);
  if (toMint === 0 || issued === 0) return;
  const changed = issuanceChanges(recorded, asked);
  if (changed.length === 0) return;
  throw new OnboardingError(
    `lot ${lot} is unfinished (${toMint} ${nounFor(toMint, "device")} to mint) and its job has changed in: ${changed.join(", ")}; finish it with the job it was begun with, or pass --accept-changes`,
    { code: "usage" },
  );
}

/** Makes a job the lot's own: in the ledger, and as a copy in state/lots/ for people. */
export async function recordJob(
  ledger: Ledger,
  { lease, job, layout }: Pick<LotAtWork, "lease" | "job" | "layout">,
): Promise<void> {
  const json = jobToJson(job);
  const record = await ledger.lot(lease.lot);
  if (record?.jobJson !== json) await ledger.recordJob(lease, { issuer: job.issuer, name: job.name, json });
  ensureFolder(layout.state, PRIVATE_FOLDER);
  if (readIfThere(layout.jobCopy) !== json) replaceFile(layout.jobCopy, json, PRIVATE_FILE);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * A lot that has to be there, by its name in any case and Unicode form: as it is spelled here, with its job.
 * Throws `usage`, naming the lots there are, or those that the name might mean.
 */
export async function requireLot(ledger: Ledger, name: string): Promise<{ readonly lot: string; readonly job: Job }> {
  const lot = (await ledger.lotName(name)) ?? name;
  return { lot, job: await requireJob(ledger, lot) };
}

/** The job of a lot that has to be there, by its exact name; throws `usage` naming the lots there are. */
export async function requireJob(ledger: Ledger, lot: string): Promise<Job> {
  const job = await recordedJob(ledger, lot);
  if (job !== undefined) return job;
  const names = (await ledger.lots()).map(({ name }) => name);
  throw new OnboardingError(`there is no lot ${JSON.stringify(lot)}; ${suggestName(lot, names)}`, { code: "usage" });
}
