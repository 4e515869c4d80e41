import { expect, test } from "vitest";
import { resultText, waitingText } from "../../src/watch/result-text.ts";
import { ended } from "./watch-world.ts";

const PLACES = { name: "LOT-A.csv", filed: "input/rejected/LOT-A.csv", input: "input" };
const LOT = { lot: "LOT-A", job: "job" };

function lines(text: string): readonly string[] {
  return text.trimEnd().split("\n");
}

test("DONE says how many devices and where they are", () => {
  expect(lines(resultText(ended(0, LOT), PLACES))).toEqual([
    "DONE  Lot LOT-A: all 12 devices are done.",
    "What they got is in /output/LOT-A",
  ]);
});

test("the same content again says that there was nothing to do", () => {
  expect(resultText({ ...ended(0, LOT), unchanged: true }, PLACES)).toMatch(/^DONE .*nothing to do/);
});

test("PARTIAL names the file to correct and where to put it", () => {
  expect(lines(resultText(ended(3, LOT), PLACES))).toEqual([
    "PARTIAL  Lot LOT-A: 12 devices are done, 2 rows are rejected.",
    "Correct the rows in /output/LOT-A/rejects.csv (its last column says what is wrong)",
    "and drop that file into input again: it completes the lot.",
  ]);
  const beside = resultText(ended(3, LOT), { ...PLACES, rejects: "input/done/LOT-A.rejects.csv" });
  expect(lines(beside)[1]).toContain("Correct the rows in input/done/LOT-A.rejects.csv (");
});

test("PARTIAL of a manifest with secret columns sends the reader to the manifest, since the rejects lack them", () => {
  const outcome = ended(3, LOT);
  const secret = { ...outcome, report: { ...outcome.report, secretColumns: ["app_key"] } };
  expect(lines(resultText(secret, { ...PLACES, rejects: "input/done/LOT-A.rejects.csv" }))).toEqual([
    "PARTIAL  Lot LOT-A: 12 devices are done, 2 rows are rejected.",
    "Correct these rows in LOT-A.csv itself (input/done/LOT-A.rejects.csv says what is wrong, without secret columns),",
    "and drop it into input again: it completes the lot.",
  ]);
});

test("FAILED says what is wrong and speaks to who can act on it", () => {
  const refused = ended(2, LOT, "line 1: there is no column id");
  expect(lines(resultText({ ...refused, concerns: "manifest" }, PLACES))).toEqual([
    "FAILED  LOT-A.csv: refused, nothing was started.",
    "line 1: there is no column id",
    "Correct that in input/rejected/LOT-A.csv and drop it into input again.",
  ]);
  expect(lines(resultText({ ...refused, concerns: "name" }, PLACES))[2]).toBe(
    "Give input/rejected/LOT-A.csv the right name, or call the engineer, and drop it into input again.",
  );
  for (const outcome of [ended(2, LOT, "jobs/a.yaml:3: wrong"), ended(12, LOT, "no role")]) {
    expect(lines(resultText(outcome, PLACES))[2]).toBe(
      "Call the engineer; once that is corrected, drop input/rejected/LOT-A.csv into input again.",
    );
  }
});

test("a file that waits says for what, since when, and whether somebody has to act", () => {
  const sinceMs = new Date(2026, 10, 25, 5, 30).getTime();
  expect(lines(waitingText("LOT-A.csv", 13, sinceMs))).toEqual([
    "WAITING  LOT-A.csv: the platform was not reached, since 2026-11-25 05:30:00.",
    "Nothing has to be done. It is tried again by itself; nothing is lost, and nothing has to be dropped again.",
  ]);
  expect(waitingText("LOT-A.csv", 14, sinceMs)).toContain("Call the engineer. It is tried again by itself");
});

test("it is never more than three lines, and controls in names and faults draw nothing", () => {
  const fault = Array.from({ length: 40 }, (_, index) => `jobs/a.yaml:${index}: wrong\u001b[2J`).join("\n");
  const text = resultText(ended(2, LOT, fault), { ...PLACES, name: "a\nb\u0007.csv" });
  expect(lines(text)).toHaveLength(3);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(text).toContain("and 39 more");
});
