import { createHash } from "node:crypto";
import type { AdoptedCertificate } from "../../domain/certificate.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";

/** A certificate of another tool as the ledger takes it in; not revoked as far as it can tell itself. */
export function adoptedCertificate(certificate: CertificateFields): AdoptedCertificate {
  return {
    serialNumber: certificate.serialNumber,
    subject: describeName(certificate.subject),
    notAfterMs: certificate.notAfterMs,
    sha256: createHash("sha256").update(certificate.raw).digest("hex"),
    publicKeySha256: createHash("sha256").update(certificate.spki).digest("hex"),
    revoked: null,
  };
}
