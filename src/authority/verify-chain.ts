import { isoTime } from "../domain/iso-time.ts";
import { describeName } from "../x509/distinguished-name.ts";
import { isSignedBy } from "../x509/is-signed-by.ts";
import { type CertificateFields, EXTENSION } from "../x509/read-certificate.ts";
import { unusableAuthority } from "./stored-authority.ts";

/**
 * Proves that the first certificate may sign leaves at `nowMs` and leads link by link to a
 * self-signed anchor, the last one (RFC 5280, 6.1). `name` is the authority's, for messages. Each
 * fault is `issuer-unusable`.
 */
export function verifyChain(name: string, chain: readonly CertificateFields[], nowMs: number): void {
  const anchor = chain.at(-1);
  if (anchor === undefined) throw unusableAuthority(name, "its chain is empty");
  for (const [index, certificate] of chain.entries()) {
    if (chain.slice(0, index).some(({ raw }) => raw.equals(certificate.raw))) {
      throw unusableAuthority(name, `${words(certificate)} stands in its chain twice`);
    }
    checkAuthority(name, certificate);
    checkValidity(name, certificate, nowMs);
    checkPathLength(name, certificate, chain.slice(0, index));
    // The anchor is its own issuer.
    checkLink(name, certificate, chain[index + 1] ?? anchor);
  }
}

/** Throws `issuer-unusable` where a device under this chain would make it longer than the site allows. */
export function checkChainLength(name: string, length: number, maxChain: number): void {
  if (length + 1 <= maxChain) return;
  throw unusableAuthority(
    name,
    `a device's chain would have ${length + 1} certificates, but maxChain allows ${maxChain}`,
  );
}

function checkAuthority(name: string, certificate: CertificateFields): void {
  const oids = certificate.extensions.map(({ oid }) => oid);
  if (new Set(oids).size < oids.length) throw unusableAuthority(name, `${words(certificate)} holds an extension twice`);
  if (certificate.basicConstraints?.ca !== true) {
    throw unusableAuthority(name, `${words(certificate)} is not a CA certificate (basicConstraints CA:true)`);
  }
  if (!certificate.keyUsage?.includes("keyCertSign")) {
    throw unusableAuthority(name, `${words(certificate)} may not sign certificates (keyUsage keyCertSign)`);
  }
}

function checkValidity(name: string, certificate: CertificateFields, nowMs: number): void {
  const { notBeforeMs, notAfterMs } = certificate;
  if (nowMs < notBeforeMs)
    throw unusableAuthority(name, `${words(certificate)} is not valid before ${isoTime(notBeforeMs)}`);
  // Inclusive to the second (RFC 5280, 4.1.2.5).
  if (nowMs >= notAfterMs + 1000)
    throw unusableAuthority(name, `${words(certificate)} expired at ${isoTime(notAfterMs)}`);
}

/** Self-issued certificates do not count (RFC 5280, 6.1.4 l). */
function checkPathLength(name: string, certificate: CertificateFields, below: readonly CertificateFields[]): void {
  const limit = certificate.basicConstraints?.pathLength;
  const counted = below.filter(({ subject, issuer }) => !subject.equals(issuer)).length;
  if (limit !== undefined && counted > limit) {
    throw unusableAuthority(
      name,
      `${words(certificate)} allows ${limit} authorities below it, but there are ${counted}`,
    );
  }
}

function checkLink(name: string, certificate: CertificateFields, issuer: CertificateFields): void {
  if (!certificate.issuer.equals(issuer.subject)) {
    throw unusableAuthority(
      name,
      certificate === issuer
        ? `its chain ends at ${words(certificate)}, which is not self-signed; add the missing certificates up to the root`
        : `${words(certificate)} was issued by ${describeName(certificate.issuer)}, but the chain goes on with ${words(issuer)}`,
    );
  }
  const { authorityKeyId } = certificate;
  if (
    authorityKeyId !== undefined &&
    issuer.subjectKeyId !== undefined &&
    !authorityKeyId.equals(issuer.subjectKeyId)
  ) {
    throw unusableAuthority(
      name,
      `${words(certificate)} names another key of its issuer than ${words(issuer)} has (extension ${EXTENSION.authorityKeyId})`,
    );
  }
  if (!isSignedBy(certificate.raw, issuer.raw)) {
    throw unusableAuthority(name, `the signature on ${words(certificate)} is not by ${words(issuer)}`);
  }
}

function words(certificate: CertificateFields): string {
  return describeName(certificate.subject);
}
