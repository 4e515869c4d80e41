import { isSignedBy } from "../../x509/is-signed-by.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";

/** More tries than any real set of certificates needs; bounds the search through cross-signed ones. */
const MAX_STEPS = 1000;

/**
 * Orders a certificate's chain up to a self-signed anchor, out of candidates in any order. Where several
 * have the issuer's name, the one whose key signed it is taken. Proves nothing: where a link is missing or
 * does not verify, the chain ends or goes on by name alone, and `verifyChain` says what is wrong with it.
 */
export function buildChain(
  certificate: CertificateFields,
  candidates: readonly CertificateFields[],
): readonly CertificateFields[] {
  let steps = 0;
  const walk = (chain: readonly CertificateFields[]): readonly CertificateFields[] => {
    const last = chain.at(-1);
    if (last === undefined || isSelfSigned(last)) return chain;
    const above = candidates.filter(
      (candidate) => candidate.subject.equals(last.issuer) && !chain.some(({ raw }) => raw.equals(candidate.raw)),
    );
    let best = chain;
    for (const candidate of above.filter((one) => isSignedBy(last.raw, one.raw))) {
      steps += 1;
      if (steps > MAX_STEPS) break;
      const longer = walk([...chain, candidate]);
      if (isAnchored(longer)) return longer;
      if (longer.length > best.length) best = longer;
    }
    const [byName] = above;
    return best === chain && byName !== undefined ? [...chain, byName] : best;
  };
  return walk([certificate]);
}

function isAnchored(chain: readonly CertificateFields[]): boolean {
  const last = chain.at(-1);
  return last !== undefined && isSelfSigned(last);
}

function isSelfSigned(certificate: CertificateFields): boolean {
  return certificate.subject.equals(certificate.issuer) && isSignedBy(certificate.raw, certificate.raw);
}
