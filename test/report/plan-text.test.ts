import { expect, test } from "vitest";
import type { LotForecast } from "../../src/domain/plan.ts";
import { planText } from "../../src/report/plan-text.ts";

const PLAN: LotForecast = {
  lot: "L2026-47",
  rows: 5000,
  mint: 4990,
  register: 1,
  keep: 7,
  rejected: 2,
  needsRemint: [],
  gone: [],
  counts: {
    planned: 0,
    reserved: 0,
    minted: 0,
    listed: 0,
    submitted: 0,
    confirmed: 8,
    rejected: 0,
    revoked: 0,
  },
  run: { mint: 4990, recover: 0, list: 4991, submit: 4991, sendAgain: 0 },
};
const PLANNED = {
  plan: PLAN,
  manifest: "/h/input/L2026-47.csv",
  issuer: "line-3",
  settings: [
    ["key", "ec-p256"],
    ["valid", "365 days, until 2027-11-20"],
  ],
  problems: [
    { line: 7, field: "Device ID", message: "it holds a space" },
    { line: 9, field: "", message: "the row has 3 cells, the header 4" },
  ],
  notes: ["Submission is off: no platform is configured."],
} as const;
const PLAIN = { colour: false };

test("what a run would do is told in numbers, with the job's settings", () => {
  const text = planText(PLANNED, PLAIN);
  for (const line of [
    "Lot L2026-47  nothing is written by this command",
    "  manifest        /h/input/L2026-47.csv",
    "  key             ec-p256",
    "  rows            5 000",
    "  to mint         4 990",
    "  to register     1 again",
    "  unchanged       7",
    "  in the lot      8 confirmed",
    "  to list         4 991",
    "  to submit       4 991",
    "  rejected        2",
    "  line 7: Device ID: it holds a space",
    "  line 9: the row has 3 cells, the header 4",
    "  - Submission is off: no platform is configured.",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});

test("ids that are gone or need a remint are named, the first few of them", () => {
  const gone = Array.from({ length: 8 }, (_, index) => `SN-${index}`);
  const text = planText({ ...PLANNED, plan: { ...PLAN, gone, needsRemint: ["SN-9"] } }, PLAIN);
  expect(text).toContain("SN-0, SN-1, SN-2, SN-3, SN-4 and 3 more: not in the");
  expect(text).toContain("need remint     SN-9: the subject changed");
});

test("only the first bad rows are shown, and the others counted", () => {
  const problems = Array.from({ length: 30 }, (_, index) => ({ line: index + 2, field: "id", message: "it is empty" }));
  const text = planText({ ...PLANNED, problems, plan: { ...PLAN, rejected: 300 } }, PLAIN);
  expect(text).toContain("line 21: id: it is empty");
  expect(text).not.toContain("line 22:");
  expect(text).toContain("and 280 more");
});

test("a finished lot has nothing to do", () => {
  const run = { mint: 0, recover: 0, list: 0, submit: 0, sendAgain: 0 };
  const plan = { ...PLAN, mint: 0, register: 0, keep: 4998, run };
  expect(planText({ ...PLANNED, plan }, PLAIN)).toContain("nothing to do");
});

test("an unfinished lot has its work to do, though its manifest brings nothing new", () => {
  const counts = { ...PLAN.counts, planned: 2500, reserved: 500, minted: 200, confirmed: 800 };
  const run = { mint: 3000, recover: 500, list: 3200, submit: 3200, sendAgain: 5 };
  const text = planText({ ...PLANNED, plan: { ...PLAN, mint: 0, register: 0, keep: 4000, counts, run } }, PLAIN);
  expect(text).not.toContain("nothing to do");
  expect(text).toContain("to mint         3 000, of them 500 that a stopped run had reserved");
  expect(text).toContain("in the lot      2 500 planned, 500 reserved, 200 minted, 800 confirmed");
  expect(text).toContain("to ask back     5;");
});
