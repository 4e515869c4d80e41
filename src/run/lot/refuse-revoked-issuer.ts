import { hash } from "node:crypto";
import type { LoadedIssuer } from "../../authority/load-authority.ts";
import { unusableAuthority } from "../../authority/stored-authority.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { readCertificate } from "../../x509/read-certificate.ts";

/** Refuses (`issuer-unusable`) to sign with an authority that is revoked, or stands below one that is. */
export async function refuseRevokedIssuer(
  ledger: Pick<Ledger, "isRevoked">,
  issuer: Pick<LoadedIssuer, "name" | "chainDer">,
): Promise<void> {
  for (const [index, der] of issuer.chainDer.entries()) {
    const { serialNumber } = readCertificate(der);
    if (!(await ledger.isRevoked({ serialNumber, sha256: hash("sha256", der) }))) continue;
    const which = index === 0 ? "its certificate" : "an authority above it";
    throw unusableAuthority(
      issuer.name,
      `${which} is revoked (serial number ${serialNumber}); make a new authority and name it in the job`,
    );
  }
}
