import type { KnownDevice } from "../../../domain/plan.ts";
import type { LotRecord, ManifestRecord, NewManifest } from "../../lots.ts";
import type { Place } from "./place.ts";

export interface LotStatements {
  lotByName(name: string): Promise<LotRecord | undefined>;
  /** Of all lots, also of those that never got a job. */
  lotNames(): Promise<readonly string[]>;
  allLots(): Promise<readonly LotRecord[]>;
  setJob(lot: number, job: { readonly issuer: string; readonly name: string; readonly json: string }): Promise<void>;
  manifestsOf(lot: string): Promise<readonly ManifestRecord[]>;
  /** Raises the lot's counter of manifests. */
  nextManifest(lot: number): Promise<number>;
  addManifest(lot: number, number: number, manifest: NewManifest, rows: number): Promise<void>;

  /** Devices that live under these ids, in whatever lot. */
  liveDevices(externalIds: readonly string[]): Promise<readonly KnownDevice[]>;
  /** Devices of the lot that no longer live, by folded id. */
  endedDevices(lot: string, foldedIds: readonly string[]): Promise<readonly KnownDevice[]>;
  countLive(lot: string): Promise<number>;
  livePage(lot: string, after: Place, limit: number): Promise<readonly (Place & { readonly externalId: string })[]>;
}
