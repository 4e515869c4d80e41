import type { Stage } from "../../../domain/stage.ts";
import type { OpenBatch } from "../../minting.ts";

/** A subject as JSON text. */
export type SubjectJson = string;

export interface PlannedRow {
  readonly id: number;
  readonly externalId: string;
  readonly line: number;
  readonly subject: SubjectJson;
  readonly certificateRequest: string | null;
  readonly aliases: string | null;
}

/** A certificate of a batch that is reserved still. */
export interface ReservedRow {
  readonly id: number;
  readonly device: number;
  readonly externalId: string;
  readonly serialNumber: string;
}

export type BatchState = "reserved" | "minted" | "placed" | "void";

export interface MintingStatements {
  firstPlanned(lot: string): Promise<PlannedRow | undefined>;
  /** Takes the next planned devices, in manifest order, which become reserved. */
  claimPlanned(lot: number, limit: number): Promise<readonly PlannedRow[]>;
  /** The same for these ids of the lot; those that are not planned are left out. */
  claimNamed(
    lot: number,
    externalIds: readonly string[],
  ): Promise<readonly { readonly id: number; readonly externalId: string }[]>;
  /** The batch's place is the run's host. `notBeforeMs` is that of all its certificates, null when they differ. */
  addBatch(lot: number, run: number, issuer: string, notBeforeMs: number | null): Promise<number>;
  /** Says how many were added: a serial number that is taken is left out. Each takes the place of its device's certificate, if any. */
  addReserved(
    batch: number,
    issuer: string,
    certificates: readonly { readonly device: number; readonly serialNumber: string }[],
  ): Promise<number>;
  /** Which of these serial numbers the table has outside of this batch. */
  takenSerials(batch: number, serialNumbers: readonly string[]): Promise<readonly string[]>;
  /** False when the batch is not the lot's or not in that state. */
  moveBatch(lot: number, batch: number, from: BatchState, to: BatchState): Promise<boolean>;
  reservedOf(batch: number): Promise<readonly ReservedRow[]>;
  /** Records certificates, with their devices' files as JSON text. */
  issue(
    batch: number,
    certificates: readonly {
      readonly id: number;
      readonly sha256: string;
      readonly publicKeySha256: string;
      readonly notAfterMs: number;
      readonly files: string;
    }[],
  ): Promise<void>;
  /** Reserved devices of the batch's issued certificates become minted; gives their ids. */
  moveMinted(batch: number): Promise<readonly string[]>;
  /** Reserved devices of the batch are planned again; says how many. */
  planReserved(batch: number): Promise<number>;
  /** Abandons the batch's reserved serial numbers; says how many. */
  abandonReserved(batch: number): Promise<number>;
  openBatchesOf(lot: string): Promise<readonly OpenBatch[]>;
  mintedBatchesOf(lot: string): Promise<readonly number[]>;
  /** The lot's name, and the stages of these of its devices. */
  stagesOf(
    lot: number,
    externalIds: readonly string[],
  ): Promise<readonly { readonly externalId: string; readonly stage: Stage; readonly lot: string }[]>;
}
