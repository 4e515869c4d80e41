/** A lot is known by its name. The longest name that leaves room for the names built on it. */
export const MAX_LOT_NAME = 100;

/** What the lot is measured against, from the job. */
export interface LotTargets {
  /** Devices that may be built in all; rows beyond are rejected. */
  readonly quantity?: number;
  /** Seconds per device that the line allows. */
  readonly taktSeconds?: number;
}
