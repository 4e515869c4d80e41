import { Cron } from "croner";

/** The five fields: what each is called, and its least and greatest value. */
const FIELDS = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of month", from: 1, to: 31 },
  { name: "month", from: 1, to: 12 },
  { name: "day of week", from: 0, to: 7 },
] as const;

/** One item of a field: `*`, a value or a range, with or without a step; values are numbers or names of three letters. */
const ITEM = /^(?:\*|(?:\d{1,2}|[a-z]{3})(?:-(?:\d{1,2}|[a-z]{3}))?)(?:\/(\d{1,2}))?$/i;

/**
 * Reads the five fields of a cron expression (minute, hour, day of month, month, day of week), or says what is
 * wrong with it. croner checks values and ranges; what it takes beyond crontab(5) is refused here: seconds,
 * years, dates, `@daily`, `?`, `L`, `W`, `#`, `+`, and a step that never comes to a second value.
 *
 * Days are crontab(5)'s: with both day fields given, either will do; a field that begins with a star restricts
 * the other one. `timezone` is an IANA name that exists; absent, the machine's own counts. A time that the clocks
 * skip in spring is due right after the gap, one that comes twice in autumn the first time only; an expression
 * with a star or a step in minute or hour is due at every such minute that really passes.
 */
export function readCron(expression: string, timezone?: string): Cron | { readonly problem: string } {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) {
    return { problem: `has ${texts.length} fields; cron has 5: minute, hour, day of month, month, day of week` };
  }
  for (const [index, { name, from, to }] of FIELDS.entries()) {
    const text = texts[index] ?? "";
    if (isField(text, index)) continue;
    return {
      problem: `has ${JSON.stringify(text)} as its ${name}; expected ${from} to ${to}, *, a-b, */n or a list`,
    };
  }
  return openCron(texts, timezone);
}

function isField(text: string, index: number): boolean {
  const steps = text.split(",").map((item) => {
    const match = ITEM.exec(item);
    return match === null ? undefined : Number(match[1] ?? 1);
  });
  if (steps.some((step) => step === undefined || step > (FIELDS[index]?.to ?? 0))) return false;
  try {
    // The field alone, so that the message can name it.
    openCron(FIELDS.map((_field, at) => (at === index ? text : "*")));
    return true;
  } catch (error) {
    // Of the form, and of a value outside its range.
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}

function openCron(texts: readonly string[], timezone?: string): Cron {
  const [minute, hour, dayOfMonth = "", month, dayOfWeek = ""] = texts;
  // In croner an open range of weekdays ends on Saturday; it goes on to Sunday, which is 7.
  const weekdays = dayOfWeek.replace(/(?<=^|,)(\w+)\//g, "$1-7/");
  return new Cron([minute, hour, dayOfMonth, month, weekdays].join(" "), {
    paused: true,
    mode: "5-part",
    sloppyRanges: true,
    domAndDow: dayOfMonth.startsWith("*") || dayOfWeek.startsWith("*"),
    fixedTimeRule: "no-wildcard",
    ...(timezone !== undefined && { timezone }),
  });
}
