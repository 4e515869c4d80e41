import { NEVER_MS, type Subject, type Validity, type ValidityRequest } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import { encodeSubject, subjectPartProblem } from "../x509/name-der.ts";
import { readCertificate } from "../x509/read-certificate.ts";
import { refuseConstrainedName } from "./constrained-names.ts";
import type { LoadedIssuer } from "./load-authority.ts";
import { resolveValidity } from "./resolve-validity.ts";

/**
 * A new intermediate outlives the devices that it signs in its first ten years (3650 days by default), and a new root
 * outlives the intermediates: with the defaults nothing is cut.
 */
const ROOT_DAYS = 10_950;
const INTERMEDIATE_DAYS = 7300;

/** What a new authority shall be, as far as its issuer has a say in it. */
export interface AuthorityRequest {
  readonly name: string;
  /** Default: CN=NAME. */
  readonly subject?: Subject | undefined;
  /** Default: 10950 days for a root; 7300 days, cut to the issuer's end, below one. */
  readonly validity?: ValidityRequest | undefined;
  /** Authorities that may stand below it. Default: one less than the issuer's, or no limit. */
  readonly pathLength?: number | undefined;
  /** Certificates from device to anchor, both included. */
  readonly maxChain: number;
  readonly nowMs: number;
  /** Signs the new authority; without one it is a root and signs itself. */
  readonly issuer?: LoadedIssuer | undefined;
}

/** The subject that was asked for, else CN=NAME. */
export function authoritySubject({
  name,
  subject: asked,
  issuer,
}: Pick<AuthorityRequest, "name" | "subject" | "issuer">): Subject {
  const subject = asked ?? [{ attribute: "CN", value: name }];
  const problem =
    subject.length === 0 ? "it is empty" : subject.map(subjectPartProblem).find((found) => found !== undefined);
  if (problem !== undefined) {
    throw new OnboardingError(`the subject of authority ${name} cannot be used: ${problem}`, { code: "usage" });
  }
  // It would count as self-issued, and readers that look for issuers by name would go round in circles.
  if (issuer !== undefined && readCertificate(issuer.certificateDer).subject.equals(encodeSubject(subject))) {
    throw new OnboardingError(`authority ${name} has the same subject as its issuer ${issuer.name}; give it another`, {
      code: "usage",
    });
  }
  if (issuer !== undefined) refuseConstrainedName(encodeSubject(subject), issuer);
  return subject;
}

/** Path length is kept down the chain, so that what is created here also verifies (RFC 5280, 4.2.1.9). */
export function authorityPathLength({ name, pathLength, maxChain, issuer }: AuthorityRequest): number | undefined {
  if (pathLength !== undefined && !(Number.isSafeInteger(pathLength) && pathLength >= 0 && pathLength <= 255)) {
    throw new OnboardingError(`a path length is a whole number from 0 to 255, not ${pathLength}`, { code: "usage" });
  }
  const certificates = (issuer?.chainDer.length ?? 0) + 2;
  if (certificates > maxChain) {
    throw new OnboardingError(
      `authority ${name} would make a device's chain ${certificates} certificates long, but maxChain allows ${maxChain}`,
      { code: "issuer-unusable" },
    );
  }
  if (issuer?.pathLength === undefined) return pathLength;
  const most = issuer.pathLength - 1;
  if (most < 0) {
    throw new OnboardingError(
      `issuer ${issuer.name} has path length 0: it may sign devices, but no authority; choose an issuer above it`,
      { code: "issuer-unusable" },
    );
  }
  if (pathLength !== undefined && pathLength > most) {
    throw new OnboardingError(
      `issuer ${issuer.name} has path length ${issuer.pathLength}; below it at most ${most} is possible, not ${pathLength}`,
      { code: "issuer-unusable" },
    );
  }
  return pathLength ?? most;
}

/** The dates that were asked for, else 10950 days for a root and 7300 within the issuer's below one. */
export function authorityValidity({ validity, issuer, nowMs }: AuthorityRequest): Validity {
  const request = validity ?? {
    kind: "days",
    days: issuer === undefined ? ROOT_DAYS : INTERMEDIATE_DAYS,
    asked: false,
  };
  const around = issuer ?? { notBeforeMs: Number.NEGATIVE_INFINITY, notAfterMs: NEVER_MS };
  return resolveValidity(request, "reject", around, nowMs).validity;
}
