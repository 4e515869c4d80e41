import { describe, expect, test } from "vitest";
import { adHocJob } from "../../../src/config/ad-hoc-job.ts";
import { readSite } from "../../../src/config/read-site.ts";
import { homeLayout } from "../../../src/disk/layout.ts";
import type { ValidityRequest } from "../../../src/domain/certificate.ts";
import type { Job } from "../../../src/domain/job.ts";
import type { IssuerBudget } from "../../../src/domain/report.ts";
import { issuerWarning } from "../../../src/run/lot/issuer-warning.ts";

const DAY_MS = 86_400_000;
const COUNTS = { issued: 7, revoked: 2, abandoned: 1 };
const days = (count: number, asked = true) => ({ kind: "days", days: count, asked }) as const;

function job(validity: ValidityRequest, changed: Partial<Job> = {}): Job {
  const plain = adHocJob("/input/thermo.csv", "line", readSite(homeLayout("/nowhere")), Date.UTC(2026, 5, 1));
  return { ...plain, validity, outliveIssuer: "reject", ...changed };
}

describe("issuerWarning", () => {
  const budget: IssuerBudget = { ...COUNTS, notAfter: "2027-06-30T00:00:00Z", outlivedFrom: "2026-09-01" };
  const at = (day: string) => Date.parse(`${day}T12:00:00Z`);

  test("is given from 90 days before the day", () => {
    expect(issuerWarning(budget, job(days(300)), Date.parse("2026-09-01") - 90 * DAY_MS - 1)).toBeUndefined();
    expect(issuerWarning(budget, job(days(300)), Date.parse("2026-09-01") - 90 * DAY_MS)).toMatch(
      /^from 2026-09-01 certificates of job thermo would outlive their issuer line, which ends on 2027-06-30/,
    );
  });

  test("goes on after the day, where certificates outlive their issuer", () => {
    const permitted = job(days(300), { outliveIssuer: "permit" });
    expect(issuerWarning(budget, permitted, at("2026-09-05"))).toMatch(/^since 2026-09-01 .* outlive their issuer/);
  });

  test("ends with the day where they are cut to its end, which minting tells of", () => {
    for (const cut of [job(days(300), { outliveIssuer: "truncate" }), job(days(300, false))]) {
      expect(issuerWarning(budget, cut, at("2026-08-31"))).toMatch(/would be cut to the end of their issuer/);
      expect(issuerWarning(budget, cut, at("2026-09-05"))).toBeUndefined();
    }
  });

  test("is not given without a day", () => {
    expect(issuerWarning({ ...budget, outlivedFrom: null }, job(days(1)), at("2030-01-01"))).toBeUndefined();
    expect(issuerWarning({ ...budget, notAfter: null }, job(days(1)), at("2030-01-01"))).toBeUndefined();
  });
});
