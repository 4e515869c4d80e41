import { outlivedFrom } from "../../authority/leaf/outlived-from.ts";
import { readAuthority } from "../../authority/load-authority.ts";
import { readableJob } from "../../config/job-json.ts";
import type { Home } from "../../disk/layout.ts";
import type { Validity } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { isoDay, isoTime } from "../../domain/iso-time.ts";
import type { Job } from "../../domain/job.ts";
import type { IssuerBudget } from "../../domain/report.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { issuerWarning } from "./issuer-warning.ts";
import type { LotAtWork } from "./lot-at-work.ts";
import type { RunTools } from "./run-tools.ts";

/** What the job's issuer has signed, and how long it will do for this job. An issuer that cannot be read has no dates. */
export async function issuerBudget(
  ledger: Pick<Ledger, "countCertificates">,
  home: Home,
  job: Job,
): Promise<IssuerBudget> {
  const counts = await ledger.countCertificates(job.issuer);
  const issuer = validityOf(home, job.issuer);
  if (issuer === undefined) return { ...counts, notAfter: null, outlivedFrom: null };
  return {
    ...counts,
    notAfter: isoTime(issuer.notAfterMs),
    outlivedFrom: dayOf(outlivedFrom(job.validity, issuer)),
  };
}

/** An authority's budget, with the day for each job under which it has signed, the newest first. */
export interface AuthorityBudget extends Omit<IssuerBudget, "outlivedFrom"> {
  readonly jobs: readonly { readonly job: string; readonly outlivedFrom: string | null }[];
}

export async function authorityBudget(
  ledger: Pick<Ledger, "countCertificates" | "lotHeads" | "lot">,
  home: Home,
  name: string,
): Promise<AuthorityBudget> {
  const jobs = new Map<string, Job>();
  for (const head of (await ledger.lotHeads()).toReversed()) {
    if (head.issuer !== name || jobs.has(head.jobName)) continue;
    const job = readableJob((await ledger.lot(head.name))?.jobJson ?? "");
    if (job !== undefined) jobs.set(head.jobName, job);
  }
  const counts = await ledger.countCertificates(name);
  const issuer = validityOf(home, name);
  return {
    ...counts,
    notAfter: issuer === undefined ? null : isoTime(issuer.notAfterMs),
    jobs: [...jobs].map(([job, { validity }]) => ({
      job,
      outlivedFrom: issuer === undefined ? null : dayOf(outlivedFrom(validity, issuer)),
    })),
  };
}

/**
 * Says in the report and in the log, from 90 days before, that certificates of this job are about to
 * outlive their issuer. Where they are cut to its end instead, minting itself tells once that happens.
 */
export async function watchIssuer(
  { ledger, home, log, now }: RunTools,
  { lease: { lot }, job, walk }: LotAtWork,
): Promise<void> {
  const budget = await issuerBudget(ledger, home, job);
  const warning = issuerWarning(budget, job, now());
  if (warning === undefined) return;
  walk.note(warning);
  log.warn({ lot, issuer: job.issuer, outlivedFrom: budget.outlivedFrom }, warning);
}

function validityOf(home: Home, name: string): Validity | undefined {
  try {
    return readAuthority(home, name).certificate;
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return undefined;
  }
}

function dayOf(ms: number | undefined): string | null {
  return ms === undefined ? null : isoDay(ms);
}
