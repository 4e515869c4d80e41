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

interface ReadJob {
  readonly name: string;
  readonly job?: Job;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** The schedules of jobs/, for the watcher. A job that cannot be used is told once in the log, and when it changes. */
export function dueJobs(
  context: CliContext,
): Pick<WatchCalls, "due" | "schedules" | "plannedTaken" | "plannedTried" | "plannedEnded"> {
  const { home, log } = context;
  const schedules = keepSchedules({ stateFile: dropLayout(home).schedule, markOf, log });
  const told = new Map<string, string>();

  /** The jobs with a schedule, read anew; a problem instead of one that cannot be used. */
  function readScheduled(): readonly ReadJob[] {
    return listJobs(home, context.site()).flatMap(({ name, path, scheduled }): ReadJob[] => {
      if (!scheduled) return [];
      try {
        return [{ name, job: readJob(path, home, context.site(), context.now()) }];
      } catch (error) {
        if (!(error instanceof OnboardingError)) throw error;
        return [{ name, problem: error.message }];
      }
    });
  }

  function scheduledJobs(): readonly ScheduledJob[] {
    return readScheduled().flatMap(({ name, job, problem }) => {
      if (problem !== undefined && told.get(name) !== problem)
        log.error({ job: name, reason: problem }, `job ${name} has a schedule and cannot be used: ${problem}`);
      if (problem === undefined) told.delete(name);
      else told.set(name, problem);
      return job?.schedule === undefined ? [] : [{ name, schedule: job.schedule, files: () => filesOf(job) }];
    });
  }

  /** When each is due next, for whoever looks; what cannot be read is told with its reason. */
  function nextRuns(): readonly ScheduledRun[] {
    return readScheduled().flatMap(({ name, job, problem = null }): ScheduledRun[] => {
      const schedule = job?.schedule;
      if (problem === null && schedule === undefined) return [];
      const nextAtMs = schedule === undefined ? null : (nextDue(schedule, context.now()) ?? null);
      return [{ job: name, nextAtMs, problem }];
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
