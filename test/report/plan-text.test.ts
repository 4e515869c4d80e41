import { expect, test } from "vitest";
import type { Plan } from "../../src/domain/plan.ts";
import { planText } from "../../src/report/plan-text.ts";

const PLAN: Plan = {
  lot: "L2026-47",
  rows: 5000,
  mint: 4990,
  register: 1,
  keep: 7,
  rejected: 2,
  needsRemint: [],
  gone: [],
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
    "  manifest      /h/input/L2026-47.csv",
    "  key           ec-p256",
    "  rows          5 000",
    "  to mint       4 990",
    "  to register   1 again",
    "  to keep       7 as they are",
    "  rejected      2",
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
  expect(text).toContain("need remint   SN-9: the subject changed");
});

test("only the first bad rows are shown, and the others counted", () => {
  const problems = Array.from({ length: 30 }, (_, index) => ({ line: index + 2, field: "id", message: "it is empty" }));
  const text = planText({ ...PLANNED, problems, plan: { ...PLAN, rejected: 300 } }, PLAIN);
  expect(text).toContain("line 21: id: it is empty");
  expect(text).not.toContain("line 22:");
  expect(text).toContain("and 280 more");
});

test("a finished lot has nothing to do", () => {
  const plan = { ...PLAN, mint: 0, register: 0, keep: 4998 };
  expect(planText({ ...PLANNED, plan }, PLAIN)).toContain("nothing to do");
});
