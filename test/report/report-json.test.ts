import { expect, test } from "vitest";
import { reportJson } from "../../src/report/report-json.ts";
import { lotReport } from "../fixtures/lot-report.ts";

test("the report comes back as it is, with its keys in a fixed order and a line end", () => {
  const report = lotReport();
  const text = reportJson(report);
  expect(JSON.parse(text)).toEqual(report);
  expect(text.endsWith("}\n")).toBe(true);
  expect(Object.keys(JSON.parse(text))).toEqual([
    "version",
    "lot",
    "job",
    "manifestSha256",
    "issuer",
    "issuerBudget",
    "startedAt",
    "endedAt",
    "exitCode",
    "counts",
    "rows",
    "rejects",
    "stages",
    "rate",
    "certificates",
    "reworks",
    "notes",
    "ledgerHead",
  ]);
});
