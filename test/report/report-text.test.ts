import { expect, test } from "vitest";
import { reportText } from "../../src/report/report-text.ts";
import { COUNTS, lotReport } from "../fixtures/lot-report.ts";

const PLACES = { folder: "/h/output/L", rejects: "/h/output/L/rejects.csv", html: "/h/output/L/report.html" };
const PLAIN = { colour: false };

test("the first line tells lot, lamp and exit code; what to do comes next", () => {
  const [first, , advice] = reportText(lotReport(), PLACES, PLAIN).split("\n");
  expect(first).toBe("Lot L2026-47  AMBER: done, some devices rejected (exit 3)");
  expect(advice).toContain("Correct the rows in rejects.csv");
});

test("counts, certificates, rate and places are all there", () => {
  const text = reportText(lotReport(), PLACES, PLAIN).replace(/\n {16}/g, " ");
  expect(text).toContain("4 985: 120 listed, 30 submitted, 4 810 confirmed, 22 rejected, 3 revoked");
  expect(text).toContain("5 000 in the manifest, 21 rejected");
  expect(text).toContain("5 010 issued, 3 revoked, 25 abandoned");
  expect(text).toContain("1 184 a second; 0.845 ms a device, the line allows 12 s: within takt");
  expect(text).toContain(PLACES.html);
  expect(text).toContain("- The validity was cut to the issuer's end.");
});

test("certificates that replaced others are told apart, where there are any", () => {
  expect(reportText(lotReport({ reworks: 12 }), PLACES, PLAIN)).toMatch(/reworks +12 certificates replaced/);
  expect(reportText(lotReport(), PLACES, PLAIN)).not.toContain("reworks");
});

test("the issuer comes with what it has signed, its end, and the day from which it is outlived", () => {
  const counts = { issued: 10_400, revoked: 3, abandoned: 25 };
  const issuerBudget = { ...counts, notAfter: "2036-01-01T00:00:00Z", outlivedFrom: "2035-01-01" };
  const text = reportText(lotReport({ issuerBudget }), PLACES, PLAIN).replace(/\n {16}/g, " ");
  expect(text).toContain(
    "line-3, 10 400 certificates signed in all; ends on 2036-01-01; outlived by this job's certificates from 2035-01-01",
  );
  expect(reportText(lotReport(), PLACES, PLAIN)).toMatch(/issuer +line-3\n/);
});

test("the ten most frequent reasons are shown with the file to correct", () => {
  const rejects = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`reason ${index}`, 20 - index]));
  const text = reportText(lotReport({ rejects }), PLACES, PLAIN);
  expect(text).toContain("  20  reason 0\n");
  expect(text).toContain("reason 9");
  expect(text).not.toContain("reason 10");
  expect(text).toContain("and 2 more");
  expect(text).toContain(`to correct    ${PLACES.rejects}`);
});

test("a clean lot speaks of no rejects, and a run that minted nothing of no rate", () => {
  const text = reportText(
    lotReport({ exitCode: 0, rejects: {}, minted: 0, notes: [], counts: { ...COUNTS, rejected: 0 } }),
    PLACES,
    PLAIN,
  );
  expect(text).toContain("GREEN: done (exit 0)");
  expect(text).not.toContain("rejects.csv");
  expect(text).toContain("nothing was minted in this run");
  expect(text).not.toContain("To know");
});

test("a lot behind its takt shows that", () => {
  expect(reportText(lotReport({ minted: 1, mintingMs: 20_000 }), PLACES, PLAIN)).toContain("BEHIND TAKT");
});

test("no line but a path is longer than 80 columns, and nothing from outside steers the terminal", () => {
  const rejects = { [`\u001b[31mred ${"word ".repeat(40)}`]: 1 };
  const text = reportText(lotReport({ rejects, lot: "L\u001b[0m", notes: ["note ".repeat(40)] }), PLACES, PLAIN);
  expect(text).not.toContain("\u001b");
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

test("colour marks the lamp when the terminal has it", () => {
  expect(reportText(lotReport(), PLACES, { colour: true })).toContain("\u001b[33mAMBER");
});
