import { NEVER_MS, type OutliveIssuer, type Validity, type ValidityRequest } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import { isoTime } from "../domain/iso-time.ts";

const DAY_MS = 86_400_000;
/** Devices' clocks may be a little behind ours. */
const BACKDATE_MS = 5 * 60_000;

export interface ResolvedValidity {
  readonly validity: Validity;
  /** True when the end was brought forward to the issuer's: the report tells. */
  readonly cut: boolean;
  /** True when it ends after the issuer's, which was permitted. */
  readonly outlives: boolean;
}

/**
 * Turns a request into dates. Both ends are inclusive (RFC 5280, 4.1.2.5): it begins 5 minutes back,
 * never before the issuer's, and a duration counts from now, so that 365 days end one second before
 * the 366th begins. A default is cut to the issuer's end, except `never` (an IEEE 802.1AR identity
 * outlives its issuer by intent); what was asked for is rejected (`issuer-unusable`), cut or let
 * through as `outlive` says.
 */
export function resolveValidity(
  request: ValidityRequest,
  outlive: OutliveIssuer,
  issuer: Validity,
  nowMs: number,
): ResolvedValidity {
  const notBeforeMs = Math.max(wholeSecond(nowMs - BACKDATE_MS), issuer.notBeforeMs);
  const wantedMs = requestedEnd(request, wholeSecond(nowMs));
  if (!(wantedMs <= NEVER_MS)) {
    throw new OnboardingError("the validity ends after the year 9999; ask for a shorter one, or for never", {
      code: "usage",
    });
  }
  if (wantedMs <= nowMs) {
    throw new OnboardingError(`the validity ends at ${isoTime(wantedMs)}, which is past; ask for a later end`, {
      code: "usage",
    });
  }
  const kept = (notAfterMs: number, cut: boolean) => ({
    validity: { notBeforeMs, notAfterMs },
    cut,
    outlives: notAfterMs > issuer.notAfterMs,
  });
  if (wantedMs <= issuer.notAfterMs) return kept(wantedMs, false);
  if (!request.asked) return request.kind === "never" ? kept(wantedMs, false) : kept(issuer.notAfterMs, true);
  switch (outlive) {
    case "permit":
      return kept(wantedMs, false);
    case "truncate":
      return kept(issuer.notAfterMs, true);
    case "reject":
      throw new OnboardingError(
        `the validity would end at ${isoTime(wantedMs)}, after the issuer's own end at ${isoTime(issuer.notAfterMs)}; ask for a shorter one, renew the issuer, or allow to truncate or outlive it`,
        { code: "issuer-unusable" },
      );
  }
}

function requestedEnd(request: ValidityRequest, nowMs: number): number {
  switch (request.kind) {
    case "days":
      return nowMs + request.days * DAY_MS - 1000;
    case "years": {
      const end = new Date(nowMs);
      end.setUTCFullYear(end.getUTCFullYear() + request.years);
      return end.getTime() - 1000;
    }
    case "until":
      return wholeSecond(request.notAfterMs);
    case "never":
      return NEVER_MS;
  }
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
