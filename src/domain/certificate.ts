/** The key types that lotmint makes, for devices and for authorities alike. */
export const KEY_ALGORITHMS = ["ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** The attributes that a subject may hold besides CN, in the order in which they are written. */
export const SUBJECT_ATTRIBUTES = ["C", "ST", "L", "O", "OU", "CN", "serialNumber"] as const;
export type SubjectAttribute = (typeof SUBJECT_ATTRIBUTES)[number];

/** One relative distinguished name with one attribute. */
export interface SubjectPart {
  readonly attribute: SubjectAttribute;
  readonly value: string;
}

/** A distinguished name; the order is the order in the certificate. */
export type Subject = readonly SubjectPart[];

/** A certificate's serial number: 20 octets in lower-case hex, positive, minimal (RFC 5280, 4.1.2.2). */
export type SerialNumber = string;

/** Both ends inclusive (RFC 5280, 4.1.2.5); milliseconds since 1970, whole seconds. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** 99991231235959Z: "no well-defined expiration date" (RFC 5280, 4.1.2.5). */
export const NEVER_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** How long certificates of a lot shall be valid, before the issuer has been looked at. */
export type ValidityRequest =
  | { readonly kind: "days"; readonly days: number; readonly asked: boolean }
  | { readonly kind: "years"; readonly years: number; readonly asked: boolean }
  | { readonly kind: "until"; readonly notAfterMs: number; readonly asked: boolean }
  | { readonly kind: "never"; readonly asked: boolean };

/** What to do when an asked-for validity ends after the issuer's own. */
export type OutliveIssuer = "reject" | "truncate" | "permit";

/** keyUsage bits by their RFC 5280 names (4.2.1.3), in bit order. */
export const KEY_USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

/** What a leaf certificate shall say besides its names and dates. */
export interface Profile {
  readonly name: string;
  /** keyEncipherment is dropped for EC keys, which cannot encipher. */
  readonly keyUsage: readonly KeyUsage[];
  /** Object identifiers in dotted form; empty: no extension. */
  readonly extendedKeyUsage: readonly string[];
  /** certificatePolicies, dotted; empty: no extension. */
  readonly policies: readonly string[];
  /** Subject attributes that must be there (IEEE 802.1AR: serialNumber). */
  readonly requiredSubject: readonly SubjectAttribute[];
  /** Used where the job asks for no validity. */
  readonly validity: ValidityRequest;
}

/** A certificate that has been signed, as the ledger knows it. */
export interface IssuedCertificate {
  readonly serialNumber: SerialNumber;
  readonly notAfterMs: number;
  /** SHA-256 of the DER certificate, lower-case hex. */
  readonly sha256: string;
  /** SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex. */
  readonly publicKeySha256: string;
}

/** Why a certificate was revoked, by RFC 5280's names (5.3.1). */
export const REVOCATION_REASONS = [
  "unspecified",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  "removeFromCRL",
  "privilegeWithdrawn",
  "aACompromise",
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** A certificate that another tool signed, as far as its records or its file tell of it. */
export interface AdoptedCertificate {
  /** Whole octets in lower-case hex, without leading zero octets: other tools count from small numbers. */
  readonly serialNumber: string;
  /** As text. */
  readonly subject: string;
  readonly notAfterMs: number | null;
  /** SHA-256 of the certificate and of its SubjectPublicKeyInfo, lower-case hex; null where only a record is left. */
  readonly sha256: string | null;
  readonly publicKeySha256: string | null;
  readonly revoked: { readonly atMs: number; readonly reason: RevocationReason } | null;
}
