import type { RevocationReason, SerialNumber } from "../domain/certificate.ts";
import type { Stage } from "../domain/stage.ts";
import type { UploadOutcome } from "./submission.ts";

/** All that is known of single devices. */
export interface LookingUp {
  /**
   * The lots' devices with one of these ids, revoked and rejected ones included. An id that no lot has in this
   * spelling stands for those that differ by case or Unicode form alone.
   */
  devicesNamed(externalIds: readonly string[]): Promise<readonly DeviceKey[]>;
  /** What is known of these devices of lots, in this order; a device that the lot does not have is left out. */
  deviceAccounts(devices: readonly DeviceKey[]): Promise<readonly DeviceAccount[]>;
  /** Rows with one of these ids that were rejected before they became devices. */
  rejectedRows(externalIds: readonly string[]): Promise<readonly RowReject[]>;
}

/** A device as a lot has it. An id is live in one lot; others may have revoked or rejected it. */
export interface DeviceKey {
  readonly lot: string;
  readonly externalId: string;
}

export interface DeviceAccount extends DeviceKey {
  readonly stage: Stage;
  /** Line of its row in the lot's last manifest that names it. */
  readonly line: number;
  /** Why it is rejected. */
  readonly rejectReason: string | null;
  /** Of every generation, oldest first. */
  readonly certificates: readonly CertificateAccount[];
  /** The registration part that its row is in, and the row's number there, from 1; the header does not count. */
  readonly part: { readonly number: number; readonly row: number } | null;
  /** The attempts to send its row of that part, oldest first. */
  readonly uploads: readonly UploadAccount[];
  /** Oldest first: its lot's manifests, its batches, parts and uploads, and revocations of its certificates. */
  readonly events: readonly DeviceEvent[];
}

export interface CertificateAccount {
  readonly serialNumber: SerialNumber;
  readonly issuer: string;
  /** This, the digests and notAfter: null for a serial number that no certificate was recorded for. */
  readonly sha256: string | null;
  readonly publicKeySha256: string | null;
  /** Null where it is not recorded: before version 0.2, and for lots that were recovered from their output. */
  readonly notBeforeMs: number | null;
  readonly notAfterMs: number | null;
  /**
   * - valid: neither revoked nor replaced; whether it has expired is not looked at
   * - revoked; replaced: revoked, and a newer certificate of the device took its place
   * - abandoned: a certificate may exist that nobody recorded; its serial number is listed as revoked
   * - reserved: it is being made, or was left by a run that was killed
   */
  readonly state: "valid" | "revoked" | "replaced" | "abandoned" | "reserved";
  /** When it was revoked or abandoned, and why. */
  readonly ended: { readonly atMs: number; readonly reason: RevocationReason | null } | null;
}

export interface UploadAccount {
  readonly number: number;
  readonly openedAtMs: number;
  /** This and what follows: null while no answer is recorded. */
  readonly closedAtMs: number | null;
  readonly kind: UploadOutcome["kind"] | null;
  /** HTTP status. */
  readonly status: number | null;
  readonly message: string | null;
}

export interface DeviceEvent {
  readonly atMs: number;
  readonly kind: string;
}

export interface RowReject extends DeviceKey {
  readonly line: number;
  readonly reason: string;
}
