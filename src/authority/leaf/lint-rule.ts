import type { KeyAlgorithm, Profile, Validity } from "../../domain/certificate.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";

/** What a leaf was asked to be, to hold it against. */
export interface LeafExpectation {
  readonly issuer: CertificateFields;
  readonly externalId: string;
  readonly profile: Profile;
  readonly key: KeyAlgorithm;
  readonly validity: Validity;
  readonly mayOutliveIssuer: boolean;
}

/** One demand of a standard on a leaf. */
export interface LintRule {
  /** Where the demand is made, `RFC 5280, 4.1.2.2`. */
  readonly source: string;
  /** What is wrong, as a clause; undefined when nothing is. */
  readonly check: (leaf: CertificateFields, expected: LeafExpectation) => string | undefined;
}
