import type { AdoptedCertificate, IssuedCertificate, SerialNumber } from "../domain/certificate.ts";

/** Certificates outside lots, such as authorities', and the questions about any certificate. */
export interface Serials {
  /** Commits a reservation before an authority's certificate is signed. Throws `state-damaged` if the number is taken. */
  reserveSerial(reservation: {
    readonly serialNumber: SerialNumber;
    readonly issuer: string;
    readonly subject: string;
  }): Promise<void>;
  /** Records the certificate that was signed under a reserved serial number; the same may be said again. */
  recordCertificate(certificate: IssuedCertificate): Promise<void>;
  /** Abandons a reserved serial number that was not signed, or of which that is not known. */
  abandonSerial(serialNumber: SerialNumber): Promise<void>;
  /** Serial numbers outside batches that are reserved still: under way, or left by a killed command. */
  openSerials(): Promise<readonly OpenSerial[]>;
  /**
   * Takes in, all or none, certificates that another tool signed under an authority. One that is known
   * already keeps what is known, except that it may have been revoked since. Says how many were new.
   */
  adoptCertificates(issuer: string, certificates: readonly AdoptedCertificate[]): Promise<number>;
  /** How many certificates an authority has issued, revoked and abandoned, those signed by other tools included. */
  countCertificates(issuer: string): Promise<CertificateCounts>;
  certificate(serialNumber: SerialNumber): Promise<CertificateRecord | undefined>;
  /** All certificates for these public keys (SHA-256 of their SubjectPublicKeyInfo, hex), whatever has become of them. */
  publicKeyHolders(publicKeySha256s: readonly string[]): Promise<readonly KeyHolder[]>;
}

export interface OpenSerial {
  readonly serialNumber: SerialNumber;
  readonly issuer: string;
  readonly subject: string;
  readonly reservedAtMs: number;
}

export interface CertificateCounts {
  /** Every certificate that was signed, those revoked since included. */
  readonly issued: number;
  readonly revoked: number;
  readonly abandoned: number;
}

export interface CertificateRecord {
  readonly serialNumber: SerialNumber;
  /** This and the two digests: null until a certificate has been recorded. */
  readonly notAfterMs: number | null;
  readonly sha256: string | null;
  readonly publicKeySha256: string | null;
  readonly issuer: string;
  readonly lot: string | null;
  readonly externalId: string | null;
  readonly state: "reserved" | "issued" | "revoked" | "abandoned";
}

/** A certificate that holds a public key: a device's, or with `lot` null an authority's or another tool's. */
export interface KeyHolder {
  readonly publicKeySha256: string;
  readonly issuer: string;
  readonly lot: string | null;
  readonly externalId: string | null;
  /** As text; null for a device's, whose subject has its id as CN. */
  readonly subject: string | null;
}
