import { readAuthority, readableAuthorities } from "../../../authority/load-authority.ts";
import { digests } from "../../../authority/stored-authority.ts";
import { listJobs } from "../../../config/list-jobs.ts";
import { readJob } from "../../../config/read-job.ts";
import { sandboxLayout } from "../../../disk/layout.ts";
import { OnboardingError } from "../../../domain/error.ts";
import type { Registration } from "../../../domain/job.ts";
import { probePlatform } from "../../../platform/http/probe-platform.ts";
import type { Platform } from "../../../platform/platform.ts";
import { preflight } from "../../../platform/preflight.ts";
import { DEFAULT_RETRY } from "../../../platform/retry.ts";
import { retrying } from "../../../platform/retrying.ts";
import { checkClock } from "../../../run/lot/check-clock.ts";
import type { CliContext } from "../../context.ts";
import { type DoctorCheck, type DoctorFinding, ok, problem, splitCure, warning } from "../doctor-check.ts";

/** Enough for a lost answer; a person must not wait long for a platform that cannot be reached. */
const TRIES = 2;

/** Whether the platform is reached and its certificate trusted; with a login, what a run of each job would be told. */
export const platformCheck: DoctorCheck = {
  name: "platform",
  look: async (context) => {
    const { platform: site } = context.site();
    if (site === undefined) return [ok("none is named in lotmint.yaml")];
    const reached = await probePlatform(site, context.signal);
    if (reached !== undefined) {
      const isOwnSandbox = site.caFile === sandboxLayout(context.home).ca;
      const cure = isOwnSandbox
        ? "start it in a second terminal: lotmint sandbox"
        : "check the address, the network and platform.caFile, then look again";
      return [problem(reached.message, cure)];
    }
    if (!context.secrets.hasPlatformLogin()) {
      return [
        warning(
          `${site.url} is reached; login, roles and trust are not checked without a password`,
          "set LOTMINT_PLATFORM_PASSWORD_FILE and look again",
        ),
      ];
    }
    const opened = await context.openPlatform({ ask: false });
    const platform = retrying(opened, { ...DEFAULT_RETRY, tries: TRIES, signal: context.signal });
    try {
      return await askForJobs(platform, context);
    } finally {
      await platform.close();
    }
  },
};

/** What the preflight of a run says, once for each issuer and way of registration. */
async function askForJobs(platform: Platform, context: CliContext): Promise<readonly Omit<DoctorFinding, "name">[]> {
  const { home, now } = context;
  const names = Object.fromEntries(
    readableAuthorities(home).map(({ name, certificateDer }) => [digests(certificateDer).sha1, name]),
  );
  const findings = new Map<string, Omit<DoctorFinding, "name">>();
  const add = (finding: Omit<DoctorFinding, "name">) => findings.set(finding.message, finding);
  for (const { issuer, chainSha1, mode } of asked(context)) {
    const options = { mode, now, tenant: context.site().platform?.tenant };
    const outcome = await preflight(platform, { name: issuer, chainSha1, names }, options);
    const clock = clockFinding(now(), outcome.platformTimeMs);
    if (clock !== undefined) add(clock);
    if (outcome.kind !== "ready") add({ state: "problem", ...preflightCure(outcome.message) });
    else if (outcome.warnings.length === 0) add(ok(readyText(outcome.tenant, issuer)));
    else for (const told of outcome.warnings) add({ state: "warning", ...preflightCure(told) });
  }
  return [...findings.values()];
}

function readyText(tenant: string, issuer: string): string {
  return issuer === ""
    ? `tenant ${tenant} takes the login`
    : `tenant ${tenant} takes the login, and devices under ${issuer}`;
}

/** The pairs of issuer and registration of all jobs that submit; without any, the login alone. */
function asked({ home, site, now }: CliContext): readonly {
  readonly issuer: string;
  readonly chainSha1: readonly string[];
  readonly mode: Registration["mode"];
}[] {
  const pairs = new Map<string, ReturnType<typeof asked>[number]>();
  for (const { path } of listJobs(home, site())) {
    try {
      const { issuer, registration, submit } = readJob(path, home, site(), now());
      if (!submit.enabled || registration.mode === "none") continue;
      const chainSha1 = readAuthority(home, issuer).chainDer.map((der) => digests(der).sha1);
      pairs.set(`${registration.mode} ${issuer}`, { issuer, chainSha1, mode: registration.mode });
    } catch (error) {
      // Told by the checks of jobs and authorities.
      if (!(error instanceof OnboardingError)) throw error;
    }
  }
  return pairs.size === 0 ? [{ issuer: "", chainSha1: [], mode: "none" }] : [...pairs.values()];
}

/** A preflight's sentence says what to do after a colon. */
function preflightCure(message: string): { readonly message: string; readonly cure?: string } {
  const at = message.lastIndexOf(": ");
  return at === -1 ? splitCure(message) : { message: message.slice(0, at), cure: message.slice(at + 2) };
}

function clockFinding(nowMs: number, platformMs: number | undefined): Omit<DoctorFinding, "name"> | undefined {
  try {
    checkClock(nowMs, undefined, platformMs);
    return undefined;
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return { state: "problem", ...splitCure(error.message) };
  }
}
