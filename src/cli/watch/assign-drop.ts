import { createReadStream, openSync } from "node:fs";
import { join } from "node:path";
import { matchesManifest } from "../../config/find-manifests.ts";
import { type ListedJob, listJobs } from "../../config/list-jobs.ts";
import { readJob } from "../../config/read-job.ts";
import { checkLotName, resolveLot } from "../../config/resolve-lot.ts";
import { unfollowedFlags } from "../../disk/open-unfollowed.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import { listIds } from "../../domain/list-ids.ts";
import { peekLot } from "../../manifest/peek-lot.ts";
import { recordedJob } from "../../run/lot/record-job.ts";
import type { FileToResolve, FileToRun, WatchCalls } from "../../watch/watch-options.ts";
import type { CliContext } from "../context.ts";
import type { SharedLedger } from "./share-ledger.ts";

type Surroundings = Pick<CliContext, "home" | "site" | "now">;

/** Which job and which lot a dropped file belongs to. */
export interface DropAssignment extends Pick<WatchCalls, "admit" | "resolve"> {
  /** The job to run a resolved file with, as it stands now. Throws `usage`. */
  readonly jobOf: (file: Pick<FileToRun, "path" | "lot" | "job">) => Promise<Job>;
}

/**
 * A file goes with the first job in jobs/, by name, whose pattern matches it; one that a lot's rejects file has
 * become goes with that lot and the job that it was begun with, whatever it is called.
 */
export function assignDrops(context: Surroundings, ledgers: SharedLedger): DropAssignment {
  const { home } = context;

  /** The lot that a file says it belongs to, if that lot is known here. */
  const mendedLot = async (path: string): Promise<string | undefined> => {
    const lot = await peekLot(path, openUnfollowed);
    if (lot === undefined) return undefined;
    return ledgers.use(async (ledger) => {
      const known = await ledger.lotName(lot);
      return known === undefined || (await ledger.lot(known)) === undefined ? undefined : known;
    });
  };

  /** The spelling that came first is the lot's. */
  const spelled = (lot: string) => ledgers.use(async (ledger) => (await ledger.lotName(lot)) ?? lot);

  const readListed = ({ path }: ListedJob) => readJob(path, home, context.site(), context.now());

  return {
    admit: async ({ name, path }) => {
      const listed = firstJob(listJobs(home, context.site()), join(home.input, name));
      if (listed === undefined || "fault" in listed || !listed.scheduled) return "claim";
      try {
        return (await mendedLot(path)) === undefined ? "leave" : "claim";
      } catch (error) {
        // A name that might mean several lots: whoever resolves the file refuses it.
        if (error instanceof OnboardingError && error.code === "usage") return "claim";
        throw error;
      }
    },

    resolve: async ({ name, path, claimedAtMs, job: due }: FileToResolve) => {
      const mended = await peekLot(path, openUnfollowed);
      if (mended !== undefined) {
        const lot = await spelled(checkLotName(mended));
        const begun = await ledgers.use((ledger) => ledger.lot(lot));
        if (begun !== undefined) return { lot, job: begun.jobName };
      }
      const jobs = listJobs(home, context.site());
      const listed = jobs.find((job) => job.name === due) ?? firstJob(jobs, join(home.input, name));
      if (listed === undefined) throw noJob(name, jobs);
      if (listed.fault !== undefined) {
        const message = `which job ${name} goes with cannot be told, since a job before it cannot be read: ${listed.fault}`;
        throw new OnboardingError(message, { code: "usage" });
      }
      const job = readListed(listed);
      const lot = mended ?? resolveLot(job.lot, join(home.input, name), new Date(claimedAtMs));
      return { lot: await spelled(checkLotName(lot)), job: job.name };
    },

    jobOf: async ({ path, lot, job: name }) => {
      const begun = await ledgers.use((ledger) => recordedJob(ledger, lot));
      if (begun !== undefined && (await mendedLot(path)) === lot) return begun;
      const listed = listJobs(home, context.site()).find((job) => job.name === name);
      if (listed !== undefined) return readListed(listed);
      if (begun !== undefined) return begun;
      throw new OnboardingError(`job ${name} is not in ${home.jobs} any more`, { code: "usage" });
    },
  };
}

/** One that cannot be read might be the one: those after it do not come into question then. */
function firstJob(jobs: readonly ListedJob[], path: string): ListedJob | undefined {
  return jobs.find(
    ({ manifest, fault }) => fault !== undefined || (manifest !== undefined && matchesManifest(manifest, path)),
  );
}

function noJob(name: string, jobs: readonly ListedJob[]): OnboardingError {
  const patterns = jobs.flatMap((job) => (job.manifest === undefined ? [] : [`${job.name}: ${job.manifest}`]));
  const known = patterns.length === 0 ? "no job names a manifest" : `there are ${listIds(patterns, 5, "; ")}`;
  return new OnboardingError(`no job in jobs/ takes a file called ${name}; ${known}`, {
    code: "usage",
    concerns: "name",
  });
}

/** A link that somebody has put in the file's place since it was looked at is not followed. */
function openUnfollowed(path: string) {
  const fd = openSync(path, unfollowedFlags());
  return createReadStream(path, { fd });
}
