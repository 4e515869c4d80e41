import { existsSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { findManifests } from "../../config/find-manifests.ts";
import { listJobs } from "../../config/list-jobs.ts";
import { readJob } from "../../config/read-job.ts";
import { dropLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import { keepSchedules, type ScheduledJob } from "../../schedule/keep-schedules.ts";
import { nextDue } from "../../schedule/next-due.ts";
import { isDropName } from "../../watch/drop-name.ts";
import type { ScheduledRun } from "../../watch/watch-control.ts";
import type { WatchCalls } from "../../watch/watch-options.ts";
import type { CliContext } from "../context.ts";

/** The schedules of jobs/, for the watcher. A job that cannot be used is told once in the log, and when it changes. */
export function dueJobs(
  context: CliContext,
): Pick<WatchCalls, "due" | "schedules" | "plannedTaken" | "plannedTried" | "plannedEnded"> {
  const { home, log } = context;
  const schedules = keepSchedules({ stateFile: dropLayout(home).schedule, markOf, log });
  const told = new Map<string, string>();

  function scheduledJobs(): readonly ScheduledJob[] {
    return listJobs(home, context.site()).flatMap(({ name, path, scheduled }) => {
      if (!scheduled) return [];
      try {
        const job = readJob(path, home, context.site(), context.now());
        told.delete(name);
        return job.schedule === undefined ? [] : [{ name, schedule: job.schedule, files: () => filesOf(job) }];
      } catch (error) {
        if (!(error instanceof OnboardingError)) throw error;
        if (told.get(name) !== error.message)
          log.error(
            { job: name, reason: error.message },
            `job ${name} has a schedule and cannot be used: ${error.message}`,
          );
        told.set(name, error.message);
        return [];
      }
    });
  }

  /** When each is due next, for whoever looks: read anew, and what cannot be read is told with its reason. */
  function nextRuns(): readonly ScheduledRun[] {
    return listJobs(home, context.site()).flatMap(({ name, path, scheduled }): ScheduledRun[] => {
      if (!scheduled) return [];
      try {
        const { schedule } = readJob(path, home, context.site(), context.now());
        if (schedule === undefined) return [];
        return [{ job: name, nextAtMs: nextDue(schedule, context.now()) ?? null, problem: null }];
      } catch (error) {
        if (!(error instanceof OnboardingError)) throw error;
        return [{ job: name, nextAtMs: null, problem: error.message }];
      }
    });
  }

  function filesOf({ name, manifest }: Job): readonly string[] {
    if (manifest === undefined) {
      throw new OnboardingError(`job ${name} has a schedule and names no manifest`, { code: "usage" });
    }
    const isPattern = /[*?]/.test(basename(manifest));
    if (!isPattern && !existsSync(manifest)) return [];
    return findManifests(manifest).filter((path) => dirname(path) !== home.input || isDropName(basename(path)));
  }

  return {
    due: (nowMs) => schedules.due(scheduledJobs(), nowMs),
    schedules: nextRuns,
    plannedTaken: schedules.taken,
    plannedTried: schedules.tried,
    plannedEnded: schedules.ended,
  };
}

/** Tells a file from another one of the same name. */
function markOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
}
