import type { AdoptedCertificate, IssuedCertificate } from "../../../domain/certificate.ts";
import type { CertificateCounts, CertificateRecord, KeyHolder, OpenSerial } from "../../serials.ts";

export interface SerialStatements {
  /** False when the number is taken. */
  addSerial(serialNumber: string, issuer: string, subject: string): Promise<boolean>;
  /** The issuer's name; undefined when the number is not reserved outside a batch. */
  issueAlone(certificate: IssuedCertificate): Promise<string | undefined>;
  hasCertificate(serialNumber: string, sha256: string): Promise<boolean>;
  abandonAlone(serialNumber: string): Promise<string | undefined>;
  openSerials(): Promise<readonly OpenSerial[]>;
  countByIssuer(issuer: string): Promise<CertificateCounts>;
  countAdopted(issuer: string): Promise<Omit<CertificateCounts, "abandoned">>;
  countByLot(lot: string): Promise<CertificateCounts>;
  certificateBySerial(serialNumber: string): Promise<CertificateRecord | undefined>;
  /** Of devices and authorities. */
  keyHolders(publicKeySha256s: readonly string[]): Promise<readonly KeyHolder[]>;
  /** Of certificates that other tools signed. */
  adoptedKeyHolders(publicKeySha256s: readonly string[]): Promise<readonly KeyHolder[]>;

  /** Raises the counter of adoptions. */
  nextAdoption(): Promise<number>;
  /** Gives the serial numbers of those that were new. */
  addAdopted(
    issuer: string,
    adoption: number,
    certificates: readonly AdoptedCertificate[],
  ): Promise<ReadonlySet<string>>;
  /** Gives the serial numbers of those that were valid so far. */
  revokeAdopted(issuer: string, certificates: readonly AdoptedCertificate[]): Promise<readonly string[]>;
}
