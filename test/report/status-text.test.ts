import { expect, test } from "vitest";
import { STAGES, type Stage } from "../../src/domain/stage.ts";
import type { LotRecord } from "../../src/ledger/lots.ts";
import { poolText, statusText, workText } from "../../src/report/status-text.ts";
import { COUNTS } from "../fixtures/lot-report.ts";

const LOT: LotRecord = {
  name: "L2026-47",
  issuer: "line-3",
  jobName: "sensors",
  jobJson: "{}",
  createdAtMs: 0,
  lastExitCode: 3,
  lastRunAtMs: 0,
  heldBy: null,
};
const NOTHING = { mint: 0, recover: 0, list: 0, submit: 0, sendAgain: 0 };
const PLAIN = { colour: false };

test("a line for each lot, with its figures below their headings", () => {
  const other = { ...LOT, name: "B", lastExitCode: 0 };
  const counts = { ...COUNTS, planned: 3, reserved: 4 };
  const lines = statusText(
    [
      { lot: LOT, counts, rejects: 22, remaining: NOTHING },
      { lot: other, counts: COUNTS, rejects: 0, remaining: NOTHING },
    ],
    PLAIN,
  ).split("\n");
  expect(lines[0]).toBe("LOT       ISSUER  OPEN  MINTED  LISTED  SENT  CONFIRMED  REJECTED  REVOKED  STATE");
  expect(lines[1]).toBe(
    "L2026-47  line-3     7       0     120    30      4 810        22        3  3 done, some devices rejected",
  );
  expect(lines[2]).toBe("B         line-3     0       0     120    30      4 810         0        3  0 done");
});

test("a lot that is held says by whom, and one that never ended says so", () => {
  const heldBy = { host: "pc-7", bootId: "b", pid: 4711, processStart: "1" };
  const held = statusText([{ lot: { ...LOT, heldBy }, counts: COUNTS, rejects: 0, remaining: NOTHING }], PLAIN);
  expect(held).toContain("running on pc-7, process 4711");
  const open = statusText(
    [{ lot: { ...LOT, lastExitCode: null }, counts: COUNTS, rejects: 0, remaining: NOTHING }],
    PLAIN,
  );
  expect(open).toContain("not ended yet");
});

test("without lots it tells how to start one", () => {
  expect(statusText([], PLAIN)).toContain("lotmint run MANIFEST");
});

test("colours do not move the columns", () => {
  const status = [{ lot: LOT, counts: COUNTS, rejects: 22, remaining: NOTHING }];
  const coloured = statusText(status, { colour: true });
  expect(coloured).toContain("\u001b[33m3 done");
  // biome-ignore lint/complexity/useRegexLiterals: the escape would be a control character in a literal
  expect(coloured.replace(new RegExp("\\u001b\\[\\d+m", "g"), "")).toBe(statusText(status, PLAIN));
});

test("what is in input/work is told with its lot, since when and why; a long list says how many more", () => {
  const sinceMs = new Date(2026, 10, 25, 5, 30).getTime();
  const waits = { file: "A.csv", lot: "A", sinceMs, reason: "the platform was not reached" };
  expect(workText([waits], PLAIN)).toBe(
    "\nIn input/work\n  A.csv  lot A, since 2026-11-25 05:30:00: the platform was not reached\n",
  );
  expect(workText([], PLAIN)).toBe("");
  const many = Array.from({ length: 35 }, () => ({ ...waits, lot: null }));
  expect(workText(many, PLAIN)).toMatch(/\n {2}and 15 more\n$/);
});

test("every device and every rejected row counts in exactly one column", () => {
  const counts = Object.fromEntries(STAGES.map((stage, index) => [stage, 2 ** index])) as Record<Stage, number>;
  // Five rejected rows that never became devices.
  const rejects = counts.rejected + 5;
  const line = statusText([{ lot: LOT, counts, rejects, remaining: NOTHING }], PLAIN).split("\n")[1] ?? "";
  const columns = line.split(/ {2,}/).slice(2, -1).map(Number);
  expect(columns.reduce((sum, of) => sum + of, 0)).toBe(2 ** STAGES.length - 1 + 5);
});

test("a lot with devices still to be registered is not called done", () => {
  const lot = { ...LOT, lastExitCode: 0 };
  const remaining = { ...NOTHING, list: 2, submit: 2 };
  const text = statusText([{ lot, counts: COUNTS, rejects: 0, remaining }], PLAIN);
  expect(text).toContain("2 to register: run it again");
  expect(text).not.toContain("done");
});

test("the key pool stands below, with what is low of it", () => {
  const pool = { algorithm: "rsa-2048", available: 1200, wanted: 5000, low: true } as const;
  expect(poolText([pool, { ...pool, algorithm: "rsa-4096", available: 10, wanted: 10, low: false }], PLAIN)).toMatch(
    /^\nKey pool\n {2}rsa-2048 {2}1.200 of 5.000 {2}low: lotmint keys fill\n {2}rsa-4096 {2}10 of 10\n$/,
  );
  expect(poolText([], PLAIN)).toBe("");
});
