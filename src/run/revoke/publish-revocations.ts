import { OnboardingError } from "../../domain/error.ts";
import type { Platform } from "../../platform/platform.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { type PushOutcome, pushRevocations } from "./push-revocations.ts";
import { type RenewedCrl, renewCrls } from "./renew-crls.ts";

/** What became of recorded revocations outside the ledger. */
export interface Published {
  readonly crls: readonly RenewedCrl[];
  /** Undefined: not asked for, or an error. */
  readonly push?: PushOutcome;
  /** Lists and pushes that did not come about; the revocations stand all the same. */
  readonly errors: readonly OnboardingError[];
}

/**
 * Publishes what is revoked under these issuers: first their revocation lists, then, with a platform, the
 * serial numbers there. Errors are gathered, so that one does not hinder the other.
 */
export async function publishRevocations(
  tools: RunTools,
  issuers: readonly string[],
  platform: Platform | undefined,
): Promise<Published> {
  const crls = await renewCrls(tools, issuers);
  const errors = crls.flatMap((crl) => (crl.kind === "failed" ? [crl.error] : []));
  if (platform === undefined) return { crls, errors };
  try {
    return { crls, errors, push: await pushRevocations(tools, platform, issuers) };
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return { crls, errors: [...errors, error] };
  }
}

/** True when nothing of it is left to do; `pushed`: whether the platform was to be told. */
export function isPublished({ crls, push }: Published, pushed: boolean): boolean {
  const listed = crls.every(({ kind }) => kind !== "skipped" && kind !== "failed");
  return listed && (!pushed || push !== undefined);
}
