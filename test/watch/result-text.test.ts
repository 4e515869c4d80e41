import { expect, test } from "vitest";
import { resultText } from "../../src/watch/result-text.ts";
import { ended } from "./watch-world.ts";

const PLACES = { name: "LOT-A.csv", filed: "/home/input/rejected/LOT-A.csv", input: "/home/input" };
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

test("PARTIAL names the file to mend and where to put it", () => {
  expect(lines(resultText(ended(3, LOT), PLACES))).toEqual([
    "PARTIAL  Lot LOT-A: 12 devices are done, 2 rows are rejected.",
    "Mend /output/LOT-A/rejects.csv (its last column says what is wrong),",
    "then copy that file into /home/input: it completes the lot.",
  ]);
});

test("PARTIAL of a manifest with secret columns sends the reader to the manifest, since the rejects lack them", () => {
  const outcome = ended(3, LOT);
  const secret = { ...outcome, report: { ...outcome.report, secretColumns: ["app_key"] } };
  expect(lines(resultText(secret, PLACES))).toEqual([
    "PARTIAL  Lot LOT-A: 12 devices are done, 2 rows are rejected.",
    "Correct these rows in LOT-A.csv itself (/output/LOT-A/rejects.csv says what is wrong, without secret columns),",
    "then copy LOT-A.csv into /home/input again: it completes the lot.",
  ]);
});

test("FAILED says what is wrong and which file to drop again; beyond the operator's means, whom to call", () => {
  const refused = resultText(ended(2, LOT, "line 1: there is no column id"), PLACES);
  expect(lines(refused)).toEqual([
    "FAILED  LOT-A.csv: refused, nothing was started.",
    "line 1: there is no column id",
    "Mend that, then copy /home/input/rejected/LOT-A.csv into /home/input again.",
  ]);
  expect(resultText(ended(12, LOT, "no role"), PLACES)).toMatch(/^FAILED [\s\S]*no role[\s\S]*Call the engineer/);
});

test("it is never more than three lines, and controls in names and faults draw nothing", () => {
  const fault = Array.from({ length: 40 }, (_, index) => `jobs/a.yaml:${index}: wrong\u001b[2J`).join("\n");
  const text = resultText(ended(2, LOT, fault), { ...PLACES, name: "a\nb\u0007.csv" });
  expect(lines(text)).toHaveLength(3);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(text).toContain("and 39 more");
});
