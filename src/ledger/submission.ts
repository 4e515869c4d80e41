import type { LotLease } from "./locks.ts";

/** Attempts to register devices, and devices that are rejected. */
export interface Uploads {
  /**
   * Devices of the lot of which the platform was never asked and never sent anything, and that are to be sent, minted
   * or not, in manifest order. What is answered while it is read is left out of later pages.
   */
  unaskedDevices(lot: string): AsyncIterable<readonly UnaskedDevice[]>;
  /**
   * Records whether the platform already had these ids before their first attempt. One with a `reason` that is still
   * planned is rejected for it in the same commit, so that it is never minted; the ids of those are given. An id that
   * the lot has no live device for any more is left out.
   */
  recordCollisions(lease: LotLease, answers: readonly CollisionAnswer[]): Promise<readonly string[]>;
  /** Commits the intent to send these devices' rows (listed -> submitted), before they are sent. */
  openUpload(
    lease: LotLease,
    upload: { readonly part: number; readonly externalIds: readonly string[] },
  ): Promise<number>;
  /**
   * Commits what became of an attempt. Devices named in neither list go back to listed; one whose row
   * changed meanwhile, and which is no longer submitted, keeps its stage.
   */
  closeUpload(lease: LotLease, upload: number, outcome: UploadOutcome): Promise<void>;
  /** Attempts without a recorded answer: what a killed run left, or an answer that never came whole. */
  openUploads(lot: string): Promise<readonly OpenUpload[]>;
  /**
   * Devices rejected outside an upload (a collision, a foreign folder): stage rejected, with the
   * reason. Before minting that frees the id, and abandons a reserved serial number. May be said again.
   */
  rejectDevices(lease: LotLease, rejects: readonly DeviceReject[]): Promise<void>;
  /** Rejected devices that are in a part are listed again, so that the next submission sends them. Says how many. */
  relistRejected(lease: LotLease): Promise<number>;
}

export interface UnaskedDevice {
  readonly externalId: string;
  readonly idType: string;
}

export interface CollisionAnswer {
  readonly externalId: string;
  readonly present: boolean;
  /** Why a device that is not minted yet is rejected. */
  readonly reason?: string;
}

export interface DeviceReject {
  readonly externalId: string;
  readonly reason: string;
}

export interface UploadOutcome {
  /** answered: 201 and understood; refused: not taken at all; busy: not taken, send again; unknown: no complete answer. */
  readonly kind: "answered" | "refused" | "busy" | "unknown";
  /** HTTP status, when there was one. */
  readonly status?: number;
  /** The platform's message, or the error's; never credentials. */
  readonly message?: string;
  readonly confirmed: readonly string[];
  readonly rejected: readonly DeviceReject[];
  /** Ids answered as overwritten that we had never sent. */
  readonly overwritten?: readonly string[];
}

export interface OpenUpload {
  readonly upload: number;
  readonly part: number;
  readonly externalIds: readonly string[];
}
