import { Cron } from "croner";
import { parseCron } from "../config/cron-expression.ts";
import type { Job } from "../domain/job.ts";

/**
 * When a schedule is due for the first time after a moment, in milliseconds since 1970; undefined when it never
 * is, such as on 31 February. A time that the clocks skip in spring is due right after the gap, one
 * that comes twice in autumn the first time only; a schedule with a star or a step in minute or hour is due
 * at every such minute that really passes. Which days are meant is crontab(5)'s: with both day fields
 * given, either will do. The expression has been checked by `parseCron`.
 */
export function nextDue({ cron, timezone }: NonNullable<Job["schedule"]>, afterMs: number): number | undefined {
  const fields = parseCron(cron);
  if ("fault" in fields) throw new Error(`the cron expression ${cron} ${fields.fault}`);
  const { anyDayOfMonth, anyDayOfWeek, daysOfMonth, months, daysOfWeek } = fields;
  // Minute and hour as they are written, since that decides what a change of the clocks does to them.
  const [minute = "*", hour = "*"] = cron.trim().split(/\s+/);
  const days = [daysOfMonth, months, daysOfWeek].map((values) => values.join(","));
  const expression = new Cron([minute, hour, ...days].join(" "), {
    paused: true,
    mode: "5-part",
    sloppyRanges: true,
    domAndDow: anyDayOfMonth || anyDayOfWeek,
    fixedTimeRule: "no-wildcard",
    ...(timezone !== undefined && { timezone }),
  });
  return expression.nextRun(new Date(afterMs))?.getTime();
}
