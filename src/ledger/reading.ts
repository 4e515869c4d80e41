import type { IssuedCertificate } from "../domain/certificate.ts";
import type { KeystoreAliases } from "../domain/device.ts";
import type { RegistrationRow } from "../domain/registration.ts";
import type { DeviceRecord, RejectRecord } from "../domain/report.ts";
import type { Stage } from "../domain/stage.ts";
import type { LockOwner } from "./locks.ts";
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
  /** All lots in short, or those of these names, in the order in which they came; nothing of their devices is counted. */
  lotHeads(lots?: readonly string[]): Promise<readonly LotHead[]>;
  /** What several lots come to, read at once, in no order; a lot that is not known is left out. */
  lotFigures(lots: readonly string[]): Promise<readonly LotFigures[]>;
  /**
   * Certificates of lots by issuer and by the day (UTC) on which the run that made them began, from this day
   * (YYYY-MM-DD) on, the oldest first.
   */
  issuedByDay(from: string): Promise<readonly IssuedOnDay[]>;
}

/** A lot in a list of many. */
export interface LotHead {
  readonly name: string;
  /** Of the job that it works from. */
  readonly issuer: string;
  readonly jobName: string;
  readonly createdAtMs: number;
  /** Exit code of the last ended run; null before. */
  readonly lastExitCode: number | null;
  readonly lastRunAtMs: number | null;
  /** Present while a run holds the lot. */
  readonly heldBy: LockOwner | null;
  /** Number of its newest event: while it is the same, nothing of the lot has changed. */
  readonly events: number;
}

export interface LotFigures {
  readonly name: string;
  readonly jobJson: string;
  /** The authority that signed last; null before any has. */
  readonly signer: string | null;
  readonly counts: Readonly<Record<Stage, number>>;
  /** Rejected rows of its manifests; rejected devices are in `counts`. */
  readonly badRows: number;
}

export interface IssuedOnDay {
  readonly issuer: string;
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly issued: number;
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
