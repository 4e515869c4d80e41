import type { NewPart, PartDevice, PartRecord, UnlistedDevice } from "../../registration.ts";

export interface RegistrationStatements {
  unlisted(lot: string, limit: number): Promise<readonly UnlistedDevice[]>;
  /** False when the lot has a part with this number. */
  addPart(lot: number, part: NewPart, rows: number): Promise<boolean>;
  /** Minted devices come into the part, in this order; gives the ids of those that did. */
  listDevices(lot: number, part: number, externalIds: readonly string[]): Promise<readonly string[]>;
  partsOf(lot: string): Promise<readonly PartRecord[]>;
  partDevices(lot: string, part: number): Promise<readonly PartDevice[]>;
}
