import type { IssuedCertificate, SerialNumber } from "../domain/certificate.ts";
import type { Device } from "../domain/device.ts";
import type { PoolClaim } from "./key-pool.ts";
import type { LotLease } from "./locks.ts";

/** Batches, in the order of docs/issuance.md. */
export interface Minting {
  /** The device that is minted next; undefined when none is planned. */
  plannedSample(lot: string): Promise<PlannedDevice | undefined>;
  /**
   * Commits the reservations of the next planned devices, in manifest order, as many as there are serial
   * numbers (planned -> reserved): from here on each number that a device got is used or abandoned.
   * Undefined when none is planned. Throws `state-damaged` if a number is taken.
   */
  claimBatch(lease: LotLease, claim: BatchClaim): Promise<ClaimedBatch | undefined>;
  /**
   * The same for devices that are named, whose certificates exist already: for a lot that is recovered
   * from its folders. Returns the batch's number, unique in the ledger.
   */
  reserveBatch(lease: LotLease, batch: NewBatch): Promise<number>;
  /**
   * Commits a batch as minted (reserved -> minted): the one point of decision. `certificates` holds one
   * for every serial number of the batch that is still reserved. Of a batch that replaces certificates, the
   * old ones are revoked in the same transaction.
   */
  commitMinted(lease: LotLease, batch: number, certificates: readonly MintedDevice[]): Promise<void>;
  /** Records that every folder of a minted batch stands in its final place. */
  commitPlaced(lease: LotLease, batch: number): Promise<void>;
  /** Abandons a batch's serial numbers; its devices are planned again, or keep the certificates that they have. */
  voidBatch(lease: LotLease, batch: number): Promise<void>;
  /** The lot's batches that are reserved or minted but not placed: what a killed run left. */
  openBatches(lot: string): Promise<readonly OpenBatch[]>;
  /** The lot's batches that were committed as minted, placed or not: only their passwords count. */
  mintedBatches(lot: string): Promise<ReadonlySet<number>>;
}

/** A device as it goes into minting. */
export interface PlannedDevice
  extends Pick<Device, "externalId" | "line" | "subject" | "certificateRequest" | "aliases"> {}

export interface BatchClaim {
  readonly issuer: string;
  /** When the certificates' validity begins, where it is the same for all of them. */
  readonly notBeforeMs?: number | undefined;
  /**
   * What its password segment is named by, besides the batch's number (`segmentName`). Without it, or when all its
   * devices keep their own keys, the batch has no passwords.
   */
  readonly segment?: string;
  /** Where devices without a key of their own get theirs from, as far as it goes (`poolKeysOf`). */
  readonly keys?: PoolClaim | undefined;
  readonly serialNumbers: readonly SerialNumber[];
}

export interface ClaimedBatch {
  /** Unique in the ledger, and never used again. */
  readonly batch: number;
  /** File name of its password segment. */
  readonly segment?: string;
  readonly devices: readonly ClaimedDevice[];
}

export interface ClaimedDevice extends PlannedDevice {
  readonly serialNumber: SerialNumber;
}

export interface NewBatch {
  readonly issuer: string;
  /** When the certificates' validity begins, where it is the same for all of them. */
  readonly notBeforeMs?: number | undefined;
  /** What its password segment is named by, besides the batch's number (`segmentName`); without it the batch has no passwords. */
  readonly segment?: string;
  readonly devices: readonly { readonly externalId: string; readonly serialNumber: SerialNumber }[];
}

export interface MintedDevice extends IssuedCertificate {
  readonly externalId: string;
  /** File name -> SHA-256 hex, of every file in the device's folder. */
  readonly files: Readonly<Record<string, string>>;
}

export interface OpenBatch {
  readonly number: number;
  readonly state: "reserved" | "minted";
  /** The machine that has its files: the host of the run that reserved it. */
  readonly place: string;
  /** File name of its password segment. */
  readonly segment?: string;
  readonly devices: readonly {
    readonly externalId: string;
    readonly serialNumber: SerialNumber;
    /** The serial number whose place it takes, for a device that had a certificate before. */
    readonly replaces?: SerialNumber;
  }[];
}
