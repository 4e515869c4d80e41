import { type KeyObject, verify, X509Certificate } from "node:crypto";
import { isSameName } from "./canonical-name.ts";
import { type CertificateFields, readCertificate } from "./read-certificate.ts";
import { SIGNATURE_DIGESTS } from "./signature-digests.ts";

/**
 * Whether the key in `issuer` made the signature on `certificate`, both DER; names and dates are not
 * looked at. A key or a certificate that OpenSSL cannot read signs nothing.
 */
export function isSignedBy(certificate: Buffer, issuer: Buffer): boolean {
  try {
    return new X509Certificate(certificate).verify(new X509Certificate(issuer).publicKey);
  } catch {
    return false;
  }
}

/** Whether names and signature say that `issuer` issued `certificate` (RFC 5280, 6.1.3). Throws `DerError`. */
export function isIssuedBy(certificate: Buffer, issuer: Buffer): boolean {
  return (
    isSameName(readCertificate(certificate).issuer, readCertificate(issuer).subject) && isSignedBy(certificate, issuer)
  );
}

/** An issuer that is asked again and again: its certificate is read once. */
export interface IssuerToAsk {
  readonly subject: Buffer;
  /** undefined: OpenSSL cannot read it. */
  readonly key: KeyObject | undefined;
}

/** Throws `DerError` for what is not a certificate. */
export function openIssuer(issuer: Buffer): IssuerToAsk {
  const { subject } = readCertificate(issuer);
  try {
    return { subject, key: new X509Certificate(issuer).publicKey };
  } catch {
    return { subject, key: undefined };
  }
}

/** What `isIssuedBy` tells, of a certificate that has been read. */
export function isIssuedByOpened(certificate: CertificateFields, { subject, key }: IssuerToAsk): boolean {
  if (key === undefined || !isSameName(certificate.issuer, subject)) return false;
  const { tbs, signature, signatureAlgorithm, signedAlgorithm, outerAlgorithm, raw } = certificate;
  // The algorithm stands twice, and both have to say the same (RFC 5280, 4.1.1.2).
  if (!signedAlgorithm.equals(outerAlgorithm)) return false;
  const known = SIGNATURE_DIGESTS[signatureAlgorithm];
  try {
    if (known !== undefined && known.key === key.asymmetricKeyType) return verify(known.digest, tbs, key, signature);
    return new X509Certificate(raw).verify(key);
  } catch {
    return false;
  }
}
