import { X509Certificate } from "node:crypto";
import { isSameName } from "./canonical-name.ts";
import { readCertificate } from "./read-certificate.ts";

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
