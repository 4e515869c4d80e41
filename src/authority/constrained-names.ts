import { DerError } from "../asn1/read-der.ts";
import type { Home } from "../disk/layout.ts";
import type { Subject } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import { breaksConstraints } from "../x509/judge-chain.ts";
import { nameConstraintsOf } from "../x509/name-constraints.ts";
import { encodeSubject } from "../x509/name-der.ts";
import { type CertificateFields, readCertificate } from "../x509/read-certificate.ts";
import { readAuthority } from "./load-authority.ts";

/**
 * The authorities above a device that constrain its names. None for an issuer, and without constraints, that cannot
 * be read: what is wrong with them is told where the issuer is loaded.
 */
export function constrainingAuthorities(home: Home, issuer: string): readonly CertificateFields[] {
  try {
    return readAuthority(home, issuer).chain.filter(isConstraining);
  } catch (error) {
    if (error instanceof OnboardingError) return [];
    throw error;
  }
}

function isConstraining(certificate: CertificateFields): boolean {
  try {
    return nameConstraintsOf(certificate) !== undefined;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}

/** Throws `issuer-unusable` where an authority with this name, in DER, would break a name constraint above it. */
export function refuseConstrainedName(
  subject: Buffer,
  issuer: { readonly name: string; readonly chainDer: readonly Buffer[] },
): void {
  const broken = breaksConstraints({ subject, extensions: [] }, issuer.chainDer.map(readCertificate), false);
  if (broken === undefined) return;
  throw new OnboardingError(`issuer ${issuer.name} may not sign it: the authority ${broken}; choose another subject`, {
    code: "issuer-unusable",
  });
}

/** Why relying parties would refuse a device with this subject for a name constraint, in a clause; undefined: they would not. */
export function subjectConstraintProblem(
  subject: Subject,
  constraining: readonly CertificateFields[],
): string | undefined {
  const broken = breaksConstraints({ subject: encodeSubject(subject), extensions: [] }, constraining, true);
  return broken === undefined ? undefined : `its certificate ${broken}`;
}
