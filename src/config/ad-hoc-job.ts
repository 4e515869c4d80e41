import { parse } from "node:path";
import { OnboardingError } from "../domain/error.ts";
import type { Job } from "../domain/job.ts";
import { showValue, throwProblems } from "./config-error.ts";
import { AUTHORITY_PATTERN } from "./job-schema.ts";
import type { SiteFile } from "./read-site.ts";
import { resolveJob } from "./resolve-job.ts";

/**
 * The job of a run that was given a manifest, an absolute path, instead of a job: every default, the
 * site's first. The issuer may be left out where the site's defaults name one. Throws `usage`.
 */
export function adHocJob(
  manifest: string,
  issuer: string | undefined,
  site: SiteFile,
  nowMs: number = Date.now(),
): Job {
  if (issuer === undefined && site.defaults.issuer === undefined) {
    throw new OnboardingError(
      `no job takes ${manifest}, and no issuer given: pass --issuer NAME, or run a job that names one`,
      { code: "usage" },
    );
  }
  if (issuer !== undefined && !AUTHORITY_PATTERN.test(issuer)) {
    throw new OnboardingError(`--issuer: expected the name of an authority, got ${showValue(issuer)}`, {
      code: "usage",
    });
  }
  const input = { manifest, ...(issuer !== undefined && { issuer }) };
  const { job, faults } = resolveJob(parse(manifest).name, input, site, { defaults: site.defaults, nowMs });
  throwProblems(faults, site.locateDefault);
  return job;
}
