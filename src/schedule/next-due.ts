import { readCron } from "../config/read-cron.ts";
import type { Job } from "../domain/job.ts";

/**
 * When a schedule is due for the first time after a moment, in milliseconds since 1970; undefined when it never
 * is, such as on 31 February. What an expression means is said at `readCron`, which has checked it before.
 */
export function nextDue({ cron, timezone }: NonNullable<Job["schedule"]>, afterMs: number): number | undefined {
  const schedule = readCron(cron, timezone);
  if ("problem" in schedule) throw new Error(`the cron expression ${cron} ${schedule.problem}`);
  return schedule.nextRun(new Date(afterMs))?.getTime();
}
