import { DerError } from "../asn1/read-der.ts";
import { isSameName } from "./canonical-name.ts";
import { isSignedBy } from "./is-signed-by.ts";
import type { CertificateFields } from "./read-certificate.ts";

/** More tries than any real set of certificates needs; bounds the search through cross-signed ones. */
const MAX_STEPS = 1000;

export interface PathSearch {
  /** Where the issuers are looked for, in any order; those first are tried first. */
  readonly candidates: readonly CertificateFields[];
  readonly isAnchor: (certificate: CertificateFields) => boolean;
  /** Certificates that a path may have, both ends counted. */
  readonly maxLength: number;
}

/**
 * All paths from a certificate to an anchor, each signed link by link, itself first; a path ends at its first anchor.
 * Whether they hold otherwise is `judgeChain`'s matter: where one does not, the next may.
 */
export function* findPaths(
  first: CertificateFields,
  { candidates, isAnchor, maxLength }: PathSearch,
): Generator<readonly CertificateFields[]> {
  let steps = 0;
  const walk = function* (path: readonly CertificateFields[]): Generator<readonly CertificateFields[]> {
    const last = path.at(-1) ?? first;
    if (isAnchor(last)) {
      yield path;
      return;
    }
    if (path.length >= maxLength) return;
    for (const candidate of candidates) {
      if (path.some(({ raw }) => raw.equals(candidate.raw)) || !hasIssuerName(last, candidate)) continue;
      steps += 1;
      if (steps > MAX_STEPS) return;
      if (isSignedBy(last.raw, candidate.raw)) yield* walk([...path, candidate]);
    }
  };
  yield* walk([first]);
}

/** Whether `issuer` has the name that `certificate` gives its issuer. What cannot be read has no name. */
export function hasIssuerName(certificate: CertificateFields, issuer: CertificateFields): boolean {
  try {
    return isSameName(certificate.issuer, issuer.subject);
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

/** Whether a certificate is its own issuer, by name and signature. */
export function isSelfSigned(certificate: CertificateFields): boolean {
  return hasIssuerName(certificate, certificate) && isSignedBy(certificate.raw, certificate.raw);
}
