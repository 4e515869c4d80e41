import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OnboardingError } from "../../src/domain/error.ts";
import { keepSchedules, type ScheduledJob, type Schedules } from "../../src/schedule/keep-schedules.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Saturday, noon. */
const NOON = Date.parse("2026-01-31T12:00:00Z");

let folder: string;
let stateFile: string;
let marks: Map<string, string>;
let logged: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-schedule-"));
  stateFile = join(folder, "state", "schedule.json");
  marks = new Map();
  logged = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(): Schedules {
  const note = (_: unknown, words?: string) => logged.push(words ?? "");
  const log = { info: () => undefined, warn: note, error: note };
  return keepSchedules({ stateFile, markOf: (path) => marks.get(path), log });
}

function job(files: readonly string[] = ["/a.csv"], cron = "30 5 * * *"): ScheduledJob {
  return { name: "nightly", schedule: { cron, timezone: "UTC" }, files: () => files };
}

function paths(due: readonly { readonly path: string }[]): readonly string[] {
  return due.map(({ path }) => path);
}

const A = { job: "nightly", path: "/a.csv" };
const B = { job: "nightly", path: "/b.csv" };

test("a job that is new is due at its next time, not at those that have passed", () => {
  const schedules = open();
  expect(schedules.due([job()], NOON)).toEqual([]);
  expect(schedules.due([job()], NOON + 17 * HOUR_MS)).toEqual([]);
  expect(paths(schedules.due([job()], NOON + 18 * HOUR_MS))).toEqual(["/a.csv"]);
});

test("however many runs were missed while nobody was there, one is made up", () => {
  open().due([job()], NOON);
  const schedules = open();
  expect(paths(schedules.due([job()], NOON + 9 * DAY_MS))).toEqual(["/a.csv"]);
  schedules.ended(A, false);
  expect(schedules.due([job()], NOON + 9 * DAY_MS + HOUR_MS)).toEqual([]);
  expect(open().due([job()], NOON + 9 * DAY_MS + HOUR_MS)).toEqual([]);
});

test("a run that was cut off is made again after a restart", () => {
  open().due([job()], NOON);
  const killed = open();
  expect(paths(killed.due([job(["/a.csv", "/b.csv"])], NOON + DAY_MS))).toEqual(["/a.csv", "/b.csv"]);
  marks.set("/a.csv", "1");
  killed.ended(A, true);
  expect(paths(open().due([job(["/a.csv", "/b.csv"])], NOON + DAY_MS + 1))).toEqual(["/b.csv"]);
});

test("a run whose files have been taken into work/ is not made again after a restart", () => {
  open().due([job()], NOON);
  const killed = open();
  killed.due([job()], NOON + DAY_MS);
  killed.taken(A);
  expect(open().due([job()], NOON + DAY_MS + 1)).toEqual([]);
});

test("a job that is still running is not started again; what was due meanwhile is made up once", () => {
  const schedules = open();
  schedules.due([job()], NOON);
  schedules.due([job()], NOON + DAY_MS);
  expect(schedules.due([job()], NOON + 2 * DAY_MS)).toEqual([]);
  expect(schedules.due([job()], NOON + 3 * DAY_MS)).toEqual([]);
  schedules.tried(A);
  expect(paths(schedules.due([job()], NOON + 3 * DAY_MS))).toEqual(["/a.csv"]);
  expect(schedules.due([job()], NOON + 3 * DAY_MS + 1)).toEqual([]);
});

test("a file that is done is passed over while it stays as it is", () => {
  marks.set("/a.csv", "7:10:1");
  marks.set("/b.csv", "8:10:1");
  const both = job(["/a.csv", "/b.csv"]);
  const schedules = open();
  schedules.due([both], NOON);
  schedules.due([both], NOON + DAY_MS);
  schedules.ended(A, true);
  schedules.ended(B, false);
  expect(paths(schedules.due([both], NOON + 2 * DAY_MS))).toEqual(["/b.csv"]);
  schedules.ended(B, true);
  marks.set("/a.csv", "7:11:2");
  expect(paths(open().due([both], NOON + 3 * DAY_MS))).toEqual(["/a.csv"]);
});

test("files that are not there any more are forgotten", () => {
  marks.set("/a.csv", "1");
  const schedules = open();
  schedules.due([job()], NOON);
  schedules.due([job()], NOON + DAY_MS);
  schedules.ended(A, true);
  expect(readFileSync(stateFile, "utf8")).toContain("/a.csv");
  schedules.due([job([])], NOON + 2 * DAY_MS);
  expect(readFileSync(stateFile, "utf8")).not.toContain("/a.csv");
});

test("a schedule that was changed counts from the change", () => {
  open().due([job()], NOON);
  const changed = job(["/a.csv"], "0 10 * * *");
  const schedules = open();
  expect(schedules.due([changed], NOON + DAY_MS)).toEqual([]);
  expect(paths(schedules.due([changed], NOON + 2 * DAY_MS))).toEqual(["/a.csv"]);
});

test("a clock that was years ahead does not silence a job for years", () => {
  const schedules = open();
  schedules.due([job([])], NOON);
  schedules.due([job([])], NOON + 3650 * DAY_MS);
  expect(schedules.due([job()], NOON + DAY_MS)).toEqual([]);
  expect(paths(schedules.due([job()], NOON + 2 * DAY_MS))).toEqual(["/a.csv"]);
});

test("a small step back of the clock makes no run twice", () => {
  const schedules = open();
  schedules.due([job([])], NOON);
  const due = Date.parse("2026-02-01T05:30:00Z");
  expect(paths(schedules.due([job()], due + 1000))).toEqual(["/a.csv"]);
  schedules.ended(A, true);
  expect(schedules.due([job()], due - 30_000)).toEqual([]);
  expect(schedules.due([job()], due + 2000)).toEqual([]);
});

test("a job whose files cannot be found out is told once and hinders no other", () => {
  const schedules = open();
  const broken: ScheduledJob = {
    ...job(),
    name: "broken",
    files: () => {
      throw new OnboardingError("the share is gone", { code: "usage" });
    },
  };
  schedules.due([broken, job()], NOON);
  for (let minute = 0; minute < 5; minute += 1) schedules.due([broken], NOON + DAY_MS + minute);
  expect(paths(schedules.due([broken, job()], NOON + DAY_MS + 10))).toEqual(["/a.csv"]);
  expect(logged).toHaveLength(1);
});

test("a memory that cannot be read or written keeps no job from running", () => {
  mkdirSync(join(folder, "state"));
  writeFileSync(stateFile, "{ half");
  const schedules = open();
  rmSync(join(folder, "state"), { recursive: true });
  writeFileSync(join(folder, "state"), "");
  schedules.due([job()], NOON);
  expect(paths(schedules.due([job()], NOON + DAY_MS))).toEqual(["/a.csv"]);
  expect(logged.length).toBeGreaterThan(0);
});
