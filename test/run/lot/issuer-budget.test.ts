import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../../src/authority/create-authority.ts";
import { adHocJob } from "../../../src/config/ad-hoc-job.ts";
import { jobToJson } from "../../../src/config/job-json.ts";
import { readSite } from "../../../src/config/read-site.ts";
import { homeLayout } from "../../../src/disk/layout.ts";
import type { ValidityRequest } from "../../../src/domain/certificate.ts";
import type { Job } from "../../../src/domain/job.ts";
import { authorityBudget, issuerBudget } from "../../../src/run/lot/issuer-budget.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1, 12);
const COUNTS = { issued: 7, revoked: 2, abandoned: 1 };
const home = homeLayout(mkdtempSync(join(tmpdir(), "lotmint-budget-")));

beforeAll(async () => {
  const recorder = { reserveSerial: nothing, recordCertificate: nothing, abandonSerial: nothing };
  const validity = { kind: "days", days: 400, asked: true } as const;
  await createAuthority(home, recorder, {
    name: "line",
    passphrase: "correct horse battery",
    maxChain: 10,
    nowMs: NOW_MS,
    validity,
  });
});
afterAll(() => rmSync(home.root, { recursive: true, force: true }));

async function nothing(): Promise<void> {}

function job(validity: ValidityRequest, changed: Partial<Job> = {}): Job {
  return {
    ...adHocJob("/input/thermo.csv", "line", readSite(home), NOW_MS),
    validity,
    outliveIssuer: "reject",
    ...changed,
  };
}
const days = (count: number, asked = true) => ({ kind: "days", days: count, asked }) as const;
const counting = { countCertificates: async () => COUNTS };

describe("issuerBudget", () => {
  test("tells what was signed, the issuer's end, and the day from which certificates would outlive it", async () => {
    expect(await issuerBudget(counting, home, job(days(300)))).toEqual({
      ...COUNTS,
      notAfter: new Date(NOW_MS + 400 * DAY_MS - 1000).toISOString().replace(".000", ""),
      outlivedFrom: new Date(NOW_MS + 100 * DAY_MS).toISOString().slice(0, 10),
    });
  });

  test("has no dates for an issuer that is not there", async () => {
    expect(await issuerBudget(counting, home, job(days(1), { issuer: "gone" }))).toEqual({
      ...COUNTS,
      notAfter: null,
      outlivedFrom: null,
    });
  });
});

test("an authority's budget has a day for each of its jobs, by the newest lot of each", async () => {
  const lot = (name: string, issuer: string, jobName: string, validity: ValidityRequest) => ({
    name,
    issuer,
    jobName,
    jobJson: jobToJson(job(validity)),
  });
  const lots = [
    lot("L1", "line", "thermo", days(10)),
    lot("L2", "line", "thermo", days(300)),
    lot("L3", "line", "idevid", { kind: "never", asked: false }),
    lot("L4", "other", "strange", days(1)),
    { name: "L5", issuer: "line", jobName: "damaged", jobJson: "{" },
  ];
  const ledger = {
    ...counting,
    lotHeads: async () => lots as never,
    lot: async (name: string) => lots.find((one) => one.name === name) as never,
  };
  expect(await authorityBudget(ledger, home, "line")).toMatchObject({
    ...COUNTS,
    jobs: [
      { job: "idevid", outlivedFrom: null },
      { job: "thermo", outlivedFrom: new Date(NOW_MS + 100 * DAY_MS).toISOString().slice(0, 10) },
    ],
  });
});
