import type { Stage } from "../../../domain/stage.ts";
import type { SubjectJson } from "./minting.ts";

/** What a row says of its device; objects as JSON text. */
export interface DeviceRowJson {
  readonly device: number;
  readonly cells: string;
  readonly subject: SubjectJson;
  readonly subjectDigest: string;
  readonly registration: string;
  readonly registrationDigest: string;
  readonly certificateRequest: string | null;
  /** As JSON text; null: the job's own. */
  readonly aliases: string | null;
}

export interface ChangedRowJson {
  readonly device: number;
  readonly line: number;
  readonly cells: string;
  readonly registration: string;
  readonly registrationDigest: string;
  readonly subject: SubjectJson;
  readonly certificateRequest: string | null;
  /** As JSON text; null: the job's own. */
  readonly aliases: string | null;
}

/** A device of the lot as a decision finds it. */
export interface OwnDevice {
  readonly id: number;
  readonly externalId: string;
  readonly foldedId: string;
  readonly stage: Stage;
  readonly minted: boolean;
}

export interface RejectedRowJson {
  readonly line: number;
  readonly externalId: string;
  readonly field: string;
  readonly message: string;
  readonly cells: string;
}

/** Taking a manifest in. The engine keeps the set of devices that it names until the transaction has ended. */
export interface AbsorbStatements {
  /** Adds planned devices, but for those whose id the lot has, or that live elsewhere; gives those that were added. */
  addPlanned(
    lot: number,
    devices: readonly { readonly externalId: string; readonly foldedId: string; readonly line: number }[],
  ): Promise<readonly { readonly id: number; readonly externalId: string }[]>;
  ownDevices(lot: number, foldedIds: readonly string[]): Promise<readonly OwnDevice[]>;
  /** Ids that live in another lot, with its name. */
  heldElsewhere(
    lot: number,
    externalIds: readonly string[],
  ): Promise<readonly { readonly externalId: string; readonly lot: string }[]>;
  /** Devices of the lot start anew, as planned. One that was rejected and never sent is asked for anew. */
  planAgain(devices: readonly { readonly id: number; readonly line: number }[]): Promise<void>;
  /** What the platform said of devices that were never sent is forgotten where the row's new id type is another. */
  forgetAnswers(rows: readonly { readonly device: number; readonly idType: string | undefined }[]): Promise<void>;
  writeRows(rows: readonly DeviceRowJson[]): Promise<void>;
  /**
   * Cells and registration of rows that changed. A device with a certificate is registered again. What was
   * kept for the next certificate goes, unless the row asks for the same.
   */
  changeRows(rows: readonly ChangedRowJson[]): Promise<void>;
  /** What rows ask of their devices' next certificates. */
  keepNext(
    rows: readonly {
      readonly device: number;
      readonly subject: SubjectJson;
      readonly subjectDigest: string;
      readonly certificateRequest: string | null;
      readonly aliases: string | null;
    }[],
  ): Promise<void>;
  /** Rows that ask for nothing else than what their devices have. */
  dropNext(devices: readonly number[]): Promise<void>;

  /** Forgets which devices were named. */
  forgetNamed(): Promise<void>;
  nameDevices(devices: readonly number[]): Promise<void>;
  nameLive(lot: number, foldedIds: readonly string[]): Promise<void>;
  /** Ids of live devices of the lot that were not named, in manifest order. */
  unnamedDevices(lot: number): Promise<readonly string[]>;

  addRejects(lot: number, manifest: number, rows: readonly RejectedRowJson[]): Promise<void>;
  /** Drops the lot's rejected rows of earlier manifests, and its devices that were rejected before minting and not named. */
  dropRejects(lot: number, manifest: number): Promise<void>;
  /** The same for these lines only. */
  dropRejectLines(lot: number, manifest: number, lines: readonly number[]): Promise<void>;
}
