import type { Stage } from "./stage.ts";

/** report.json: how a lot stands after a run. Times are ISO 8601 in UTC. */
export interface LotReport {
  /** Of this shape. */
  readonly version: 1;
  readonly lot: string;
  readonly job: string;
  readonly manifestSha256: string;
  readonly issuer: string;
  readonly issuerBudget: IssuerBudget | null;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly exitCode: number;
  /** Devices at each stage, stages without a device included; bad manifest rows are not devices. */
  readonly counts: Readonly<Record<Stage, number>>;
  /** Good and bad rows together. */
  readonly rows: number;
  /** Rejected rows, manifest's and platform's, by general reason. */
  readonly rejects: Readonly<Record<string, number>>;
  /** Columns that rejects.csv leaves out, since they are secret: its rows are corrected in the manifest. Absent: none. */
  readonly secretColumns?: readonly string[];
  /** Wall time of each room in this run, in milliseconds. */
  readonly stages: Readonly<Record<string, number>>;
  readonly rate: LotRate;
  /** Certificates of the lot signed, revoked, abandoned. */
  readonly certificates: { readonly issued: number; readonly revoked: number; readonly abandoned: number };
  /** Of these, the ones that took another certificate's place (remint). */
  readonly reworks: number;
  /** What the reader should know: each a sentence. */
  readonly notes: readonly string[];
  readonly ledgerHead: string;
  /** The lot's last receipt, and the digest of its file, to be kept elsewhere; absent: none was written. */
  readonly receipt?: { readonly number: number; readonly sha256: string };
}

/** What the issuer has signed so far, in all lots, and how long it will do for this job. */
export interface IssuerBudget {
  /** Certificates signed (those revoked since included), revoked, abandoned. */
  readonly issued: number;
  readonly revoked: number;
  readonly abandoned: number;
  /** End of the issuer's own validity; null when its certificate cannot be read. */
  readonly notAfter: string | null;
  /** First day (UTC, YYYY-MM-DD) on which the job's certificates would outlive the issuer; null: no such day. */
  readonly outlivedFrom: string | null;
}

/** Throughput of this run's minting, against what the line allows. */
export interface LotRate {
  readonly minted: number;
  readonly devicesPerSecond: number | null;
  readonly secondsPerDevice: number | null;
  readonly taktSeconds: number | null;
  readonly withinTakt: boolean | null;
}

/** One line of devices.csv. */
export interface DeviceRecord {
  readonly externalId: string;
  readonly serialNumber: string;
  readonly sha256: string;
  readonly notAfterMs: number | null;
  readonly stage: Stage;
}

/** One line of rejects.csv. */
export interface RejectRecord {
  readonly line: number;
  readonly externalId: string;
  readonly reason: string;
  readonly cells: Readonly<Record<string, string>>;
  /** True for a device that was planned or minted and then rejected. */
  readonly device: boolean;
}
