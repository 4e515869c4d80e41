import type { DeviceRecord, RejectRecord } from "../../../domain/report.ts";
import type { Stage } from "../../../domain/stage.ts";
import type { IssuedOnDay, LotFigures, LotHead, MintedRecord } from "../../reading.ts";
import type { Place } from "./place.ts";

export interface DevicePlace extends Place {
  readonly device: DeviceRecord;
}

export interface ReadingStatements {
  countStages(
    lots: readonly string[],
  ): Promise<readonly { readonly name: string; readonly stage: Stage; readonly n: number }[]>;
  /** The one that signed last stands last. */
  lotIssuers(lot: string): Promise<readonly string[]>;
  rejectPage(lot: string, after: Place, limit: number): Promise<readonly (Place & { readonly reject: RejectRecord })[]>;
  devicePage(lot: string, after: Place, limit: number): Promise<readonly DevicePlace[]>;
  countMinted(lot: string): Promise<number>;
  mintedAt(lot: string, places: readonly number[]): Promise<readonly MintedRecord[]>;
  mintedPage(lot: string, after: Place, limit: number): Promise<readonly (Place & { readonly minted: MintedRecord })[]>;
  /** In the order in which they were made; undefined: all. */
  lotHeads(lots: readonly string[] | undefined): Promise<readonly LotHead[]>;
  /** Without the counts. */
  lotFigures(lots: readonly string[]): Promise<readonly Omit<LotFigures, "counts">[]>;
  /** By day and issuer. */
  issuedByDay(fromMs: number): Promise<readonly IssuedOnDay[]>;
}
