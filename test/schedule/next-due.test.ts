import { expect, test } from "vitest";
import { nextDue } from "../../src/schedule/next-due.ts";

const BERLIN = "Europe/Berlin";
const MINUTE_MS = 60_000;

function times(cron: string, timezone: string, from: string, count: number): readonly string[] {
  const found: string[] = [];
  let at: number | undefined = Date.parse(from);
  for (let index = 0; index < count && at !== undefined; index += 1) {
    at = nextDue({ cron, timezone }, at);
    if (at !== undefined) found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

test("a time is one of its own time zone, summer and winter", () => {
  expect(times("30 5 * * 1-5", BERLIN, "2026-03-27T12:00:00Z", 2)).toEqual(["2026-03-30T03:30", "2026-03-31T03:30"]);
  expect(times("30 5 * * 1-5", BERLIN, "2026-01-30T12:00:00Z", 1)).toEqual(["2026-02-02T04:30"]);
});

test("a time that the clocks skip in spring is due right after the gap, once", () => {
  // On 29 March 2026 02:00 becomes 03:00.
  const nights = ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"];
  expect(times("30 2 * * *", BERLIN, "2026-03-27T12:00:00Z", 3)).toEqual(nights);
  expect(times("30 2,14 * * *", BERLIN, "2026-03-28T14:00:00Z", 2)).toEqual(["2026-03-29T01:00", "2026-03-29T12:30"]);
});

test("a time that comes twice in autumn is due the first time only", () => {
  // On 25 October 2026 03:00 becomes 02:00.
  const nights = ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"];
  expect(times("30 2 * * *", BERLIN, "2026-10-23T12:00:00Z", 3)).toEqual(nights);
  expect(times("30 2 * * *", BERLIN, "2026-10-25T01:00:00Z", 1)).toEqual(["2026-10-26T01:30"]);
});

test("every half hour is every half hour that passes, whatever the clocks do", () => {
  const spring = times("*/30 * * * *", BERLIN, "2026-03-29T00:00:00Z", 4);
  expect(spring).toEqual(["2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30", "2026-03-29T02:00"]);
  const autumn = times("*/30 * * * *", BERLIN, "2026-10-25T00:00:00Z", 4);
  expect(autumn).toEqual(["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:00"]);
});

test("a day that never comes is never due", () => {
  expect(nextDue({ cron: "0 5 31 2 *" }, 0)).toBeUndefined();
});

test("for any expression, the first due minute is the first that fits its fields", () => {
  let seed = 20_260_131;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >> 8) % limit;
  };
  const field = (from: number, to: number) => {
    const value = () => from + below(to - from + 1);
    const [a, b] = [value(), value()].sort((x, y) => x - y);
    const step = 1 + below(Math.min(to, 12));
    return ["*", "*", `*/${step}`, `${a}-${b}`, `${a}-${b}/${step}`, `${a}/${step}`, `${a},${b}`][below(7)] ?? "*";
  };
  for (let round = 0; round < 400; round += 1) {
    const cron = [field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)].join(" ");
    const fromMs = Date.UTC(2026, below(12), 1 + below(28), below(24), below(60));
    expect([cron, nextDue({ cron, timezone: "UTC" }, fromMs)]).toEqual([cron, firstFit(cron, fromMs)]);
  }
});

/** Minute by minute, days that do not fit at once; crontab(5): with both day fields given, either will do. */
function firstFit(cron: string, fromMs: number): number | undefined {
  const [minutes = "", hours = "", daysOfMonth = "", months = "", daysOfWeek = ""] = cron.split(" ");
  for (let atMs = fromMs + MINUTE_MS; atMs < fromMs + 12 * 366 * 86_400_000; atMs += MINUTE_MS) {
    const at = new Date(atMs);
    const ofMonth = holds(daysOfMonth, at.getUTCDate(), 31, 1);
    const ofWeek = holds(daysOfWeek, at.getUTCDay(), 7) || (at.getUTCDay() === 0 && holds(daysOfWeek, 7, 7));
    const either = !daysOfMonth.startsWith("*") && !daysOfWeek.startsWith("*");
    const day = (either ? ofMonth || ofWeek : ofMonth && ofWeek) && holds(months, at.getUTCMonth() + 1, 12, 1);
    if (!day) atMs = Math.floor(atMs / 86_400_000) * 86_400_000 + 86_400_000 - MINUTE_MS;
    else if (holds(hours, at.getUTCHours(), 23) && holds(minutes, at.getUTCMinutes(), 59)) return atMs;
  }
  return undefined;
}

/** Whether a field that the test above makes has a value; `*` begins at `least`, a range without an end goes to `most`. */
function holds(field: string, value: number, most: number, least = 0): boolean {
  return field.split(",").some((item) => {
    const [range = "", step] = item.split("/");
    const [from, to] = range === "*" ? [least, most] : range.split("-").map(Number);
    if (from === undefined) return false;
    const end = to ?? (step === undefined ? from : most);
    return value >= from && value <= end && (value - from) % Number(step ?? 1) === 0;
  });
}
