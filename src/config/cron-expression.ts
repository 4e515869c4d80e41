/** When a job is due, as sorted lists of the values that each field allows. */
export interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** 1 is January. */
  readonly months: readonly number[];
  /** 0 is Sunday; a 7 has become 0. */
  readonly daysOfWeek: readonly number[];
  /** Whether the field began with a star. If neither day field did, a day that either allows is due (crontab(5)). */
  readonly anyDayOfMonth: boolean;
  readonly anyDayOfWeek: boolean;
}

interface FieldRule {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly words?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const RULES = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of month", from: 1, to: 31 },
  { name: "month", from: 1, to: 12, words: MONTHS },
  { name: "day of week", from: 0, to: 7, words: DAYS },
] as const satisfies readonly FieldRule[];

/** Reads the five fields of a cron expression (minute, hour, day, month, weekday), or says what is wrong with it. */
export function parseCron(expression: string): CronFields | { readonly fault: string } {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== RULES.length) {
    return { fault: `has ${texts.length} fields; cron has 5: minute, hour, day of month, month, day of week` };
  }
  const fields: number[][] = [];
  for (const [index, rule] of RULES.entries()) {
    const values = parseField(texts[index] ?? "", rule);
    if (values === undefined) {
      return {
        fault: `has ${JSON.stringify(texts[index])} as its ${rule.name}; expected ${rule.from} to ${rule.to}, *, a-b, */n or a list`,
      };
    }
    fields.push(values);
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], weekdays = []] = fields;
  const daysOfWeek = [...new Set(weekdays.map((day) => day % 7))].sort((a, b) => a - b);
  return {
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek,
    anyDayOfMonth: texts[2]?.startsWith("*") === true,
    anyDayOfWeek: texts[4]?.startsWith("*") === true,
  };
}

function parseField(text: string, rule: FieldRule): number[] | undefined {
  const values = new Set<number>();
  for (const item of text.split(",")) {
    const match = /^(?:\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d{1,3}))?$/i.exec(item);
    if (match === null) return undefined;
    const [, first, last, stepText] = match;
    const step = stepText === undefined ? 1 : Number(stepText);
    const from = first === undefined ? rule.from : readValue(first, rule);
    const open = first === undefined || (last === undefined && stepText !== undefined);
    const to = open ? rule.to : last === undefined ? from : readValue(last, rule);
    if (from === undefined || to === undefined || from > to || step < 1 || step > rule.to) return undefined;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function readValue(text: string, rule: FieldRule): number | undefined {
  const word = rule.words?.indexOf(text.toLowerCase()) ?? -1;
  const value = word >= 0 ? word + rule.from : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= rule.from && value <= rule.to ? value : undefined;
}
