import type { RegistrationRow } from "../domain/registration.ts";
import type { Stage } from "../domain/stage.ts";
import type { LotLease } from "./locks.ts";

/** Registration parts. */
export interface Parts {
  /** Devices that are minted and placed but not in a part, in manifest order, at most `limit`. */
  unlistedDevices(lot: string, limit: number): Promise<readonly UnlistedDevice[]>;
  /** Commits a part that is on disk (minted -> listed). `externalIds` in the order of its rows. */
  commitPart(lease: LotLease, part: NewPart, externalIds: readonly string[]): Promise<void>;
  /** The lot's parts, by number. */
  parts(lot: string): Promise<readonly PartRecord[]>;
  /** The devices whose latest row is in this part, in the order of its rows. */
  partDevices(lot: string, part: number): Promise<readonly PartDevice[]>;
}

export interface UnlistedDevice {
  readonly externalId: string;
  readonly registration: RegistrationRow;
}

export interface NewPart {
  readonly number: number;
  readonly sha256: string;
  /** Group paths that its rows name. */
  readonly paths: readonly string[];
}

export interface PartRecord extends NewPart {
  readonly rows: number;
  /** Devices of it that are neither confirmed nor rejected nor revoked, nor moved on to a later part. */
  readonly open: number;
  /** True once any attempt of it has been answered. */
  readonly answered: boolean;
}

export interface PartDevice {
  readonly externalId: string;
  readonly stage: Stage;
  /** Index of its row in the part, from 0. */
  readonly row: number;
  readonly idType: string;
  /** Whether the platform had the id before our first attempt; null: not asked yet. */
  readonly presentBefore: boolean | null;
  /** True once any attempt, answered or not, held its row. */
  readonly sentBefore: boolean;
  /** True once it was confirmed, under this row or an earlier one. */
  readonly confirmedBefore: boolean;
}
