import type { Stage } from "../../../domain/stage.ts";
import type { CertificateAccount, DeviceKey, RowReject, UploadAccount } from "../../looking-up.ts";

/** A device's row. */
export interface DeviceState extends DeviceKey {
  readonly id: number;
  /** The lot's row number, which is also its chain of events. */
  readonly chain: number;
  readonly stage: Stage;
  readonly line: number;
  readonly part: number | null;
  readonly partRow: number | null;
  readonly rejectReason: string | null;
}

export interface CertificateState extends Omit<CertificateAccount, "state" | "ended"> {
  readonly device: number;
  readonly batch: number;
  readonly state: "reserved" | "issued" | "revoked" | "abandoned";
  /** Whether a certificate that was signed took its place. */
  readonly replaced: boolean;
  readonly endedAtMs: number | null;
  readonly reason: CertificateReason;
}

type CertificateReason = NonNullable<CertificateAccount["ended"]>["reason"];

/** An event of a chain, by where it stands. */
export interface FoundEvent {
  readonly chain: number;
  readonly seq: number;
  readonly atMs: number;
  readonly kind: string;
}

/** A question for the events of a chain; those of the lot in the archive of old ledgers are found as well. */
export interface EventQuestion {
  /** Given back with each event. */
  readonly device: number;
  readonly chain: number;
  readonly lot: string;
  readonly kind: string;
}

export interface LookingUpStatements {
  /** Devices with exactly these ids. */
  namedDevices(externalIds: readonly string[]): Promise<readonly DeviceKey[]>;
  /** The same by folded ids (`foldId`). */
  foldedDevices(foldedIds: readonly string[]): Promise<readonly DeviceKey[]>;
  deviceStates(devices: readonly DeviceKey[]): Promise<readonly DeviceState[]>;
  /** All certificates of devices, in the order in which they were reserved. */
  certificatesOf(devices: readonly number[]): Promise<readonly CertificateState[]>;
  /** The uploads of a device's part that its row was sent with, oldest first. */
  uploadsOf(devices: readonly number[]): Promise<readonly (UploadAccount & { readonly device: number })[]>;
  /** Events about a batch, a part or an upload, or with `number` null about the whole lot. */
  numberedEvents(
    asked: readonly (EventQuestion & { readonly number: number | null })[],
  ): Promise<readonly (FoundEvent & { readonly device: number })[]>;
  /** The events by which certificates were revoked, each no earlier than `fromMs`. */
  revocationEvents(
    asked: readonly (Omit<EventQuestion, "kind"> & { readonly serialNumber: string; readonly fromMs: number })[],
  ): Promise<readonly (FoundEvent & { readonly device: number })[]>;
  rejectedRows(externalIds: readonly string[]): Promise<readonly RowReject[]>;
}
