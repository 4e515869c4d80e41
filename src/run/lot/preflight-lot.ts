import { readAuthority, readableAuthorities } from "../../authority/load-authority.ts";
import { digests } from "../../authority/stored-authority.ts";
import { verifyChain } from "../../authority/verify-chain.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import type { Platform } from "../../platform/platform.ts";
import { type PreflightOutcome, preflight } from "../../platform/preflight.ts";
import { retrying } from "../../platform/retrying.ts";
import { checkClock } from "./check-clock.ts";
import type { LotAtWork } from "./lot-at-work.ts";
import { type RunTools, retryPolicy } from "./run-tools.ts";

/** Before minting it is better to go on soon than to wait long. */
const PREFLIGHT_TRIES = 4;

/** A platform that has been asked whether it will take the lot. */
export interface LotPreflight {
  readonly platform: Platform;
  /** Undefined: it could not be reached; the lot is minted all the same, and it is asked again before submission. */
  readonly tenant: string | undefined;
}

/**
 * Asks the platform, before anything is minted, whether it will take this lot. Undefined when the job
 * does not submit, or nothing of the lot is left to mint or to send. Throws `platform-refused` and
 * `clock-implausible` (not with `acceptClock`); a platform that cannot be reached stops nothing.
 */
export async function preflightLot(
  tools: RunTools,
  { lease, job, walk }: Pick<LotAtWork, "lease" | "job" | "walk">,
  acceptClock: boolean,
): Promise<LotPreflight | undefined> {
  if (!(await wantsPlatform(tools, lease.lot, job))) return undefined;
  const platform = await tools.openPlatform();
  try {
    const outcome = await askPlatform(tools, job, platform);
    if (!acceptClock) checkClock(tools.now(), undefined, outcome.platformTimeMs);
    if (outcome.kind !== "ready") {
      if (outcome.kind === "refused") throw refusal(tools, job, outcome.message);
      tools.log.warn({ lot: lease.lot }, `${outcome.message}; minting goes ahead`);
      return { platform, tenant: undefined };
    }
    for (const warning of outcome.warnings) {
      walk.note(warning);
      tools.log.warn({ lot: lease.lot }, warning);
    }
    return { platform, tenant: outcome.tenant };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

/** The platform's no; but where the issuer's chain is broken here, no platform can trust it, and that is what to mend. */
function refusal({ home, now }: RunTools, job: Job, message: string): OnboardingError {
  verifyChain(job.issuer, readAuthority(home, job.issuer).chain, now());
  return new OnboardingError(message, { code: "platform-refused" });
}

/** One preflight with the issuer's chain as it stands on disk; no key is needed. */
export function askPlatform(tools: RunTools, job: Job, platform: Platform): Promise<PreflightOutcome> {
  const chainSha1 = readAuthority(tools.home, job.issuer).chainDer.map((certificate) => digests(certificate).sha1);
  const names = Object.fromEntries(
    readableAuthorities(tools.home).map(({ name, certificateDer }) => [digests(certificateDer).sha1, name]),
  );
  return preflight(
    retrying(platform, { ...retryPolicy(tools), tries: PREFLIGHT_TRIES }),
    { name: job.issuer, chainSha1, names },
    { mode: job.registration.mode, now: tools.now, tenant: tools.site.platform?.tenant },
  );
}

async function wantsPlatform(tools: RunTools, lot: string, { registration, submit }: Job): Promise<boolean> {
  if (registration.mode === "none" || !submit.enabled) return false;
  const counts = await tools.ledger.countByStage(lot);
  const toMint = counts.planned + counts.reserved;
  const toSend = counts.minted + counts.listed + counts.submitted;
  return toMint > 0 || (registration.mode === "bulk" && toSend > 0);
}
