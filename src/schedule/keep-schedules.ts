import type { Logger } from "pino";
import { OnboardingError } from "../domain/error.ts";
import type { Job } from "../domain/job.ts";
import { nounFor } from "../domain/noun-for.ts";
import { nextDue } from "./next-due.ts";
import { readScheduleState, type ScheduleState, writeScheduleState } from "./schedule-state.ts";

/** A clock that stands further back than this was wrong before; less is what a time server corrects every day. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

export interface ScheduledJob {
  readonly name: string;
  readonly schedule: NonNullable<Job["schedule"]>;
  /** The files that its pattern matches now. Throws an `OnboardingError` when that cannot be found out. */
  readonly files: () => readonly string[];
}

/** A file that a scheduled job is to be run for. */
export interface ScheduledFile {
  readonly job: string;
  /** Absolute path. */
  readonly path: string;
}

/** Which scheduled jobs are due, across restarts. */
export interface Schedules {
  /** The files of the jobs that are due and not under way; those count as under way from now on. */
  due(jobs: readonly ScheduledJob[], nowMs: number): readonly ScheduledFile[];
  /** The file has been taken over by somebody who will not forget it. */
  taken(file: ScheduledFile): void;
  /** The file has been tried, whatever came of it: once all have, the job may be due again. */
  tried(file: ScheduledFile): void;
  /** This run has nothing more to do with the file; `done`: its lot is done, and while the file stays as it is the job passes it over. */
  ended(file: ScheduledFile, done: boolean): void;
}

interface Under {
  /** What was due up to here has been started in this process. */
  startedUpToMs: number;
  /** Files that have not been tried. */
  readonly running: Set<string>;
  /** Files that are not at their end. */
  readonly open: Set<string>;
}

export interface KeepOptions {
  readonly stateFile: string;
  /** Tells a file from another one of the same name; undefined when it is not there. */
  readonly markOf: (path: string) => string | undefined;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/**
 * Keeps the schedules of this home. However often a job was due while nobody was there to run it, or while it was
 * still running, it is run once. A job that is new, or whose schedule has changed, is due at its next time. What
 * has been run is written down when all its files are at their end, so that a run that was
 * cut off is made again.
 */
export function keepSchedules({ stateFile, markOf, log }: KeepOptions): Schedules {
  let memory: ScheduleState = readScheduleState(stateFile) ?? {};
  const under = new Map<string, Under>();
  /** Told once, however long they last. */
  const troubles = new Map<string, string>();

  function remember(next: ScheduleState): void {
    memory = next;
    try {
      writeScheduleState(stateFile, next);
    } catch (error) {
      // It goes on from memory; at worst a run is made again after a restart, and finds nothing to do.
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ reason }, `when the scheduled jobs ran cannot be recorded: ${reason}`);
    }
  }

  function isDue(job: ScheduledJob, nowMs: number): boolean {
    const known = memory[job.name];
    const started = under.get(job.name);
    const sinceMs = Math.max(known?.doneUpToMs ?? 0, started?.startedUpToMs ?? 0);
    const schedule = showSchedule(job);
    if (known === undefined || known.schedule !== schedule || sinceMs - nowMs > CLOCK_TOLERANCE_MS) {
      if (started !== undefined) started.startedUpToMs = nowMs;
      remember({ ...memory, [job.name]: { schedule, doneUpToMs: nowMs, files: known?.files ?? {} } });
      return false;
    }
    if (started !== undefined && started.running.size > 0) return false;
    const dueMs = nextDue(job.schedule, sinceMs);
    return dueMs !== undefined && dueMs <= nowMs;
  }

  function start(job: ScheduledJob, nowMs: number): readonly string[] {
    const done = memory[job.name]?.files ?? {};
    const found = job.files();
    const paths = found.filter((path) => done[path] === undefined || done[path] !== markOf(path));
    const open = under.get(job.name)?.open ?? new Set();
    under.set(job.name, { startedUpToMs: nowMs, running: new Set(paths), open: new Set([...open, ...paths]) });
    log.info(
      { job: job.name, files: paths.length },
      `job ${job.name} is due: ${paths.length} new ${nounFor(paths.length, "file")}`,
    );
    const still = new Set(found);
    const kept = Object.entries(done).filter(([path]) => still.has(path));
    if (kept.length < Object.keys(done).length) forgetFiles(job.name, Object.fromEntries(kept));
    finish(job.name);
    return paths;
  }

  function forgetFiles(name: string, files: Readonly<Record<string, string>>): void {
    const known = memory[name];
    if (known !== undefined) memory = { ...memory, [name]: { ...known, files } };
  }

  /** Writes down that a job's run is over, once it is. */
  function finish(name: string): void {
    const started = under.get(name);
    const known = memory[name];
    if (started === undefined || known === undefined || started.open.size > 0) return;
    remember({ ...memory, [name]: { ...known, doneUpToMs: started.startedUpToMs } });
  }

  return {
    due: (jobs, nowMs) =>
      jobs.flatMap((job) => {
        try {
          const paths = isDue(job, nowMs) ? start(job, nowMs) : [];
          troubles.delete(job.name);
          return paths.map((path) => ({ job: job.name, path }));
        } catch (error) {
          if (!(error instanceof OnboardingError)) throw error;
          if (troubles.get(job.name) !== error.message) {
            log.error(
              { job: job.name, reason: error.message },
              `job ${job.name} is due and cannot be run now; trying again: ${error.message}`,
            );
          }
          troubles.set(job.name, error.message);
          return [];
        }
      }),
    taken: ({ job, path }) => {
      under.get(job)?.open.delete(path);
      finish(job);
    },
    tried: ({ job, path }) => {
      under.get(job)?.running.delete(path);
    },
    ended: ({ job, path }, done) => {
      const started = under.get(job);
      if (started === undefined) return;
      started.running.delete(path);
      const known = memory[job];
      const mark = done ? markOf(path) : undefined;
      if (known !== undefined && mark !== undefined) {
        const next = { ...memory, [job]: { ...known, files: { ...known.files, [path]: mark } } };
        if (started.open.size > 1) remember(next);
        else memory = next;
      }
      started.open.delete(path);
      finish(job);
    },
  };

  function showSchedule({ schedule: { cron, timezone } }: ScheduledJob): string {
    return timezone === undefined ? cron : `${cron} ${timezone}`;
  }
}
