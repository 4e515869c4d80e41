import type { RevocationReason, SerialNumber } from "../domain/certificate.ts";
import type { PoolClaim } from "./key-pool.ts";
import type { LotLease } from "./locks.ts";
import type { NewBatch, PlannedDevice } from "./minting.ts";

/** Replacing certificates. */
export interface Reminting {
  /** What the next certificates of these devices of a lot are made from, for those that have one. In manifest order. */
  remintDevices(lot: string, externalIds: readonly string[]): Promise<readonly RemintDevice[]>;
  /**
   * Commits the reservations of a batch that replaces the devices' certificates; until it is committed as
   * minted, the devices stay as they are. Throws `usage` for a revoked device whose id another lot has.
   */
  reserveRemint(lease: LotLease, batch: NewRemint): Promise<number>;
  /** Replacing batches that are committed as minted, but whose revocations are not known to be published. */
  openRemints(lot: string): Promise<readonly OpenRemint[]>;
  /** The batch's revocations are published; may be said again. */
  closeRemint(lease: LotLease, batch: number): Promise<void>;
  /** How many certificates of the lot took another one's place. */
  countReworks(lot: string): Promise<number>;
  /** Live devices of the lot whose row asks for another subject than their certificate has, in manifest order. */
  subjectChanges(lot: string): Promise<readonly string[]>;
}

/** A device as it goes into its next minting: the subject is the one that its latest row asks for. */
export interface RemintDevice extends PlannedDevice {
  readonly replaces: SerialNumber;
  /** True for a device that keeps its own key, and whose row brought no new request since. */
  readonly lacksNewRequest: boolean;
}

export interface NewRemint extends NewBatch {
  readonly reason: RevocationReason;
  /** What so many of its devices get their keys from, as far as it goes (`poolKeysOf`). */
  readonly keys?: (PoolClaim & { readonly wanted: number }) | undefined;
  /** Send the devices' rows to the platform again. */
  readonly register: boolean;
  /** Tell the platform of the old serial numbers. */
  readonly push: boolean;
}

export interface OpenRemint {
  readonly batch: number;
  readonly push: boolean;
  readonly devices: readonly {
    readonly externalId: string;
    readonly serialNumber: SerialNumber;
    /** The old certificate's serial number, and who issued it. */
    readonly replaces: SerialNumber;
    readonly issuer: string;
  }[];
}
