import type { TakenForm } from "../domain/manifest-form.ts";
import type { KnownDevice, Plan, PlannedBatch } from "../domain/plan.ts";
import type { LockOwner, LotLease } from "./locks.ts";

/** Lots, the jobs they work from, and the manifests they took in. */
export interface Lots {
  lot(name: string): Promise<LotRecord | undefined>;
  /**
   * How the lot is spelled here that goes by this name, whatever its case and Unicode form; undefined for a new one.
   * An exact spelling is that lot's; throws `usage`, naming all, when the name might mean several (of an old ledger).
   */
  lotName(name: string): Promise<string | undefined>;
  lots(): Promise<readonly LotRecord[]>;
  /** Records the lot's issuer and the job it now works from, as JSON. Makes the lot when it is new. */
  recordJob(
    lease: LotLease,
    job: { readonly issuer: string; readonly name: string; readonly json: string },
  ): Promise<void>;
  /** The manifests that the lot has taken in, oldest first. */
  manifests(lot: string): Promise<readonly ManifestRecord[]>;
  /** What is known of each of these ids, whatever its lot: live ids only, and this lot's own of any stage. */
  knownDevices(lot: string, externalIds: readonly string[]): Promise<readonly KnownDevice[]>;
  /** Live devices of a lot, without those that the platform or a check rejected before minting. */
  countLive(lot: string): Promise<number>;
  /** The live ids of a lot, in pages, for finding out which ones a manifest no longer names. */
  deviceIds(lot: string): AsyncIterable<readonly string[]>;
  /**
   * Takes a whole manifest into the lot in one transaction, or nothing of it. The decisions are staged as
   * they come, and applied when all have come; until then the lot is as before and other commits go on. An
   * id that another lot took in the meantime becomes a reject. A full manifest replaces the lot's rejected
   * rows; a corrected rejects file replaces those whose lines it names (`lotmint:line`). Devices rejected
   * before they were minted count as such rows. What `batches` throws is thrown on, unchanged.
   */
  absorbManifest(
    lease: LotLease,
    manifest: NewManifest,
    batches: AsyncIterable<PlannedBatch>,
  ): Promise<AbsorbedManifest>;
}

export interface LotRecord {
  readonly name: string;
  readonly issuer: string;
  readonly jobName: string;
  readonly jobJson: string;
  readonly createdAtMs: number;
  /** Exit code of the last ended run; null before. */
  readonly lastExitCode: number | null;
  readonly lastRunAtMs: number | null;
  /** Present while a run holds the lot. */
  readonly heldBy: LockOwner | null;
}

export interface NewManifest {
  readonly sha256: string;
  /** The file's name, for people. */
  readonly name: string;
  /** full: the lot's whole manifest; mended: a corrected rejects file. */
  readonly kind: "full" | "mended";
  /** Column order of the file, for rejects.csv. */
  readonly header: readonly string[];
  readonly form?: TakenForm;
  /** For a corrected file: the lines of the lot's rejects that it replaces, known once it has been read. */
  readonly replacesLines?: () => Iterable<number>;
}

export interface ManifestRecord {
  readonly number: number;
  readonly sha256: string;
  readonly name: string;
  readonly kind: "full" | "mended";
  readonly header: readonly string[];
  /** Absent where an earlier lotmint took it in. */
  readonly form?: TakenForm;
  readonly rows: number;
  readonly absorbedAtMs: number;
}

export interface AbsorbedManifest {
  readonly plan: Plan;
}
