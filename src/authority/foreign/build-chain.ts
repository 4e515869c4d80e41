import { findPaths, hasIssuerName, isSelfSigned } from "../../x509/find-paths.ts";
import { isSignedBy } from "../../x509/is-signed-by.ts";
import { judgeChain } from "../../x509/judge-chain.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";

/** Longer than any chain; bounds the search. */
const MAX_LENGTH = 16;

/**
 * Orders a certificate's chain up to a self-signed anchor, out of candidates in any order. Of several ways the first
 * that relying parties accept at `nowMs` is taken, an expired root beside its renewed twin being no hindrance; where
 * none is, the first. Proves nothing: where a link is missing or does not verify, the chain ends or goes on by name
 * alone, and `verifyChain` says what is wrong with it.
 */
export function buildChain(
  certificate: CertificateFields,
  candidates: readonly CertificateFields[],
  nowMs: number,
): readonly CertificateFields[] {
  let first: readonly CertificateFields[] | undefined;
  for (const path of findPaths(certificate, { candidates, isAnchor: isSelfSigned, maxLength: MAX_LENGTH })) {
    if (judgeChain(path, { nowMs, begins: "issuer", ends: "root" }) === undefined) return path;
    first ??= path;
  }
  return first ?? unanchoredChain(certificate, candidates);
}

/** As far as signatures lead, and one step further by name. */
function unanchoredChain(
  certificate: CertificateFields,
  candidates: readonly CertificateFields[],
): readonly CertificateFields[] {
  const chain = [certificate];
  for (let last = certificate; chain.length < MAX_LENGTH; ) {
    const above = candidates.filter(
      (candidate) => hasIssuerName(last, candidate) && !chain.some(({ raw }) => raw.equals(candidate.raw)),
    );
    const signer = above.find((one) => isSignedBy(last.raw, one.raw));
    const next = signer ?? above[0];
    if (next !== undefined) chain.push(next);
    if (signer === undefined) break;
    last = signer;
  }
  return chain;
}
