import type { IssuedCertificate } from "../domain/certificate.ts";
import type { KeystoreAliases } from "../domain/device.ts";
import type { RegistrationRow } from "../domain/registration.ts";
import type { DeviceRecord, RejectRecord } from "../domain/report.ts";
import type { Stage } from "../domain/stage.ts";
import type { CertificateCounts } from "./serials.ts";

/** What reports and checks read. */
export interface Reading {
  countByStage(lot: string): Promise<Readonly<Record<Stage, number>>>;
  countLotCertificates(lot: string): Promise<CertificateCounts>;
  /** The authorities that have signed certificates of a lot; the last one that signed stands last. */
  lotIssuers(lot: string): Promise<readonly string[]>;
  /** Bad rows and rejected devices together, by line. */
  rejects(lot: string): AsyncIterable<readonly RejectRecord[]>;
  /** Devices with a certificate, in manifest order. */
  devices(lot: string): AsyncIterable<readonly DeviceRecord[]>;
  /** The recorded state of some devices, for `check`; in manifest order. */
  mintedDevices(lot: string): AsyncIterable<readonly MintedRecord[]>;
  /** How many devices of a lot have a certificate. */
  countMinted(lot: string): Promise<number>;
  /** Of a lot's devices with a certificate those at these places, from 0, in the order in which they were planned. */
  mintedAt(lot: string, places: readonly number[]): Promise<readonly MintedRecord[]>;
}

export interface MintedRecord extends IssuedCertificate {
  readonly externalId: string;
  readonly line: number;
  readonly stage: Stage;
  readonly subjectDigest: string;
  readonly part: number | null;
  readonly partRow: number | null;
  readonly registration: RegistrationRow;
  /** Of its keystores, where they are known and not the job's own. */
  readonly aliases?: KeystoreAliases;
  readonly files: Readonly<Record<string, string>>;
}
