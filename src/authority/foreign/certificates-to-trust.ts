import { OnboardingError } from "../../domain/error.ts";
import { isoDay } from "../../domain/iso-time.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";
import { readForeignCertificates } from "./foreign-file.ts";

export interface CertificatesToTrust {
  /** DER, each once. */
  readonly certificates: readonly Buffer[];
  /** What the reader of a report should know about them, each a sentence. */
  readonly notes: readonly string[];
}

/**
 * The certificates in these files, in their order, for devices to trust. A file without any and a certificate
 * that is not valid now are `usage`; one that is no CA's is told of, since it has to be replaced in every device
 * when its server gets a new one.
 */
export function readCertificatesToTrust(paths: readonly string[], nowMs: number): CertificatesToTrust {
  const certificates: Buffer[] = [];
  const notes: string[] = [];
  for (const path of paths) {
    for (const certificate of readForeignCertificates(path)) {
      checkDates(certificate, path, nowMs);
      if (certificates.some((known) => known.equals(certificate.raw))) continue;
      certificates.push(certificate.raw);
      if (!isAuthority(certificate)) notes.push(leafWarning(certificate));
    }
  }
  return { certificates, notes };
}

/** True for a certificate that may sign others, and so outlives the certificates of servers. */
export function isAuthority({ basicConstraints }: CertificateFields): boolean {
  return basicConstraints?.ca === true;
}

/** That devices which trust a server's own certificate lose it at its end. */
function leafWarning(certificate: CertificateFields): string {
  return `the truststore holds ${describeName(certificate.subject)}, which is a server's own certificate and no CA's: devices that trust nothing else refuse the server when it gets a new one, on ${isoDay(certificate.notAfterMs)} at the latest`;
}

function checkDates({ subject, notBeforeMs, notAfterMs }: CertificateFields, path: string, nowMs: number): void {
  const subjectName = describeName(subject);
  // Inclusive to the second (RFC 5280, 4.1.2.5).
  if (nowMs >= notAfterMs + 1000) {
    throw unusable(path, `the certificate ${subjectName} in it expired on ${isoDay(notAfterMs)}`);
  }
  if (nowMs < notBeforeMs)
    throw unusable(path, `the certificate ${subjectName} in it is not valid before ${isoDay(notBeforeMs)}`);
}

function unusable(path: string, problem: string): OnboardingError {
  return new OnboardingError(`${path} cannot be put into truststores: ${problem}`, { code: "usage" });
}
