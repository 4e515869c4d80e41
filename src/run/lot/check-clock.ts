import { OnboardingError } from "../../domain/error.ts";

/** How far this machine's clock may be off. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Throws `clock-implausible` when this machine's clock stands before the newest event of the ledger that a
 * signature hangs on (a run that was refused for its clock leaves events too, and must not count) or away
 * from the platform's Date header by more than five minutes: certificates would be born expired or not
 * yet valid, and nobody would know when anything was signed.
 */
export function checkClock(nowMs: number, ledgerMs: number | undefined, platformMs: number | undefined): void {
  if (ledgerMs !== undefined && ledgerMs - nowMs > CLOCK_TOLERANCE_MS) {
    throw implausible(nowMs, "the ledger's newest signature is of", ledgerMs);
  }
  if (platformMs !== undefined && Math.abs(platformMs - nowMs) > CLOCK_TOLERANCE_MS) {
    throw implausible(nowMs, "the platform says", platformMs);
  }
}

function implausible(nowMs: number, says: string, otherMs: number): OnboardingError {
  const message = `this machine's clock says ${new Date(nowMs).toISOString()}, but ${says} ${new Date(otherMs).toISOString()}; set the clock, or pass --accept-clock if it is right`;
  return new OnboardingError(message, { code: "clock-implausible" });
}
