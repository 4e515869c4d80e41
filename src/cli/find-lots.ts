import { parse } from "node:path";
import { adHocJob } from "../config/ad-hoc-job.ts";
import { findJob } from "../config/find-job.ts";
import { findManifests } from "../config/find-manifests.ts";
import { jobsOfManifest } from "../config/jobs-of-manifest.ts";
import type { ListedJob } from "../config/list-jobs.ts";
import { readJob } from "../config/read-job.ts";
import { checkLotName, resolveLot } from "../config/resolve-lot.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Job } from "../domain/job.ts";
import { listIds } from "../domain/list-ids.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { peekLot } from "../manifest/peek-lot.ts";
import { recordedJob } from "../run/lot/record-job.ts";
import type { CliContext } from "./context.ts";

/** One lot that a command line asks for. */
export interface AskedLot {
  readonly lot: string;
  readonly job: Job;
  /** Absolute path. */
  readonly manifest: string;
}

/**
 * The lots that JOB or MANIFEST means: one for each manifest. A manifest that is a lot's mended rejects goes
 * with the job that the lot was begun with, any other with the job whose pattern matches it. Throws `usage`, also when nothing matches.
 */
export async function findLots(
  target: string,
  issuer: string | undefined,
  context: CliContext,
  ledger: Pick<Ledger, "lot" | "lotName">,
): Promise<readonly AskedLot[]> {
  const found = findJob(target, context.home, context.cwd);
  if (found.kind === "job") {
    if (issuer !== undefined) {
      throw new OnboardingError("--issuer goes with a manifest; a job file names its issuer itself", { code: "usage" });
    }
    return lotsOfJob(readJob(found.path, context.home, context.site(), context.now()), context, ledger);
  }
  const manifests = findManifests(found.path);
  if (manifests.length === 0) throw nothingMatches(found.path);
  return Promise.all(manifests.map((manifest) => lotOfManifest(manifest, issuer, context, ledger)));
}

async function lotsOfJob(job: Job, context: CliContext, ledger: Pick<Ledger, "lotName">): Promise<readonly AskedLot[]> {
  if (job.manifest === undefined) {
    throw new OnboardingError(`job ${job.name} names no manifest; add "manifest: PATH", or run the manifest itself`, {
      code: "usage",
    });
  }
  const manifests = findManifests(job.manifest);
  if (manifests.length === 0) throw nothingMatches(job.manifest);
  const now = new Date(context.now());
  return Promise.all(
    manifests.map(async (manifest) => ({
      lot: await spelled((await lotInFile(manifest)) ?? resolveLot(job.lot, manifest, now), ledger),
      job,
      manifest,
    })),
  );
}

async function lotOfManifest(
  manifest: string,
  issuer: string | undefined,
  context: CliContext,
  ledger: Pick<Ledger, "lot" | "lotName">,
): Promise<AskedLot> {
  const mended = await lotInFile(manifest);
  const lot = await spelled(mended ?? checkLotName(parse(manifest).name), ledger);
  const begun = issuer === undefined ? await recordedJob(ledger, lot) : undefined;
  const matching = issuer === undefined ? jobsOfManifest(manifest, context.home, context.site()) : [];
  const listed = begun === undefined ? oneJob(matching, manifest) : matching.find(({ name }) => name === begun.name);
  if (begun !== undefined && (mended !== undefined || listed === undefined)) return { lot, job: begun, manifest };
  const job =
    listed === undefined
      ? adHocJob(manifest, issuer, context.site(), context.now())
      : readJob(listed.path, context.home, context.site(), context.now());
  if (listed !== undefined) context.log.info({ manifest, job: job.name }, `${manifest} goes with job ${job.name}`);
  const named = mended ?? resolveLot(job.lot, manifest, new Date(context.now()));
  return { lot: await spelled(named, ledger), job, manifest };
}

/** The job that takes a manifest, if there is one; throws `usage` where several do, naming them. */
function oneJob(matching: readonly ListedJob[], manifest: string): ListedJob | undefined {
  if (matching.length < 2) return matching[0];
  const names = listIds(
    matching.map(({ name }) => name),
    10,
  );
  throw new OnboardingError(
    `${manifest} matches the manifest of several jobs: ${names}; run one of them by its name, or change their patterns`,
    { code: "usage" },
  );
}

/** A lot is known by its name, whatever the case and Unicode form: the spelling that came first counts. */
async function spelled(name: string, ledger: Pick<Ledger, "lotName">): Promise<string> {
  return (await ledger.lotName(name)) ?? name;
}

/** The lot that a file says it belongs to; throws `usage` for one that no lot can be called. */
async function lotInFile(manifest: string): Promise<string | undefined> {
  const lot = await peekLot(manifest);
  try {
    return lot === undefined ? undefined : checkLotName(lot);
  } catch (cause) {
    if (!(cause instanceof OnboardingError)) throw cause;
    throw new OnboardingError(`${manifest}, column lotmint:lot: ${cause.message}`, { code: cause.code, cause });
  }
}

function nothingMatches(pattern: string): OnboardingError {
  return new OnboardingError(`no manifest matches ${pattern}`, { code: "usage" });
}
