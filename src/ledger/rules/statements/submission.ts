import type { Stage } from "../../../domain/stage.ts";
import type { OpenUpload, UnaskedDevice, UploadOutcome } from "../../submission.ts";
import type { Place } from "./place.ts";

export interface SubmissionStatements {
  addUpload(lot: number, part: number, run: number, rows: number): Promise<number>;
  /** Devices of the part become submitted, as members of the upload in this order; gives the ids of those that did. */
  submitDevices(lot: number, part: number, upload: number, externalIds: readonly string[]): Promise<readonly string[]>;
  /** False when the upload is not the lot's or not open. */
  closeUpload(lot: number, upload: number, outcome: UploadOutcome): Promise<boolean>;
  membersOf(upload: number): Promise<readonly { readonly id: number; readonly externalId: string }[]>;
  /** Remembers the devices as confirmed; those that are submitted become so. */
  confirm(devices: readonly number[]): Promise<void>;
  /** Submitted devices become rejected. */
  rejectSubmitted(devices: readonly { readonly id: number; readonly reason: string }[]): Promise<void>;
  /** Submitted devices are listed again. */
  relistSubmitted(devices: readonly number[]): Promise<void>;
  openUploadsOf(lot: string): Promise<readonly OpenUpload[]>;
  /** Live devices from planned to listed whose presence is not known and that were never sent. */
  unaskedPage(lot: string, after: Place, limit: number): Promise<readonly (Place & UnaskedDevice)[]>;
  /** Gives the ids of the live devices of the lot that were found. */
  setPresent(
    lot: number,
    answers: readonly { readonly externalId: string; readonly present: boolean }[],
  ): Promise<readonly string[]>;
  devicesOf(
    lot: number,
    externalIds: readonly string[],
  ): Promise<readonly { readonly id: number; readonly externalId: string; readonly stage: Stage }[]>;
  /** Abandons the serial numbers that are reserved for these devices in reserved batches of the lot. */
  abandonFor(lot: number, devices: readonly number[]): Promise<void>;
  /** Without a certificate the id is free again, for this lot or another. */
  rejectDevices(devices: readonly { readonly id: number; readonly reason: string }[]): Promise<void>;
  relistRejected(lot: number): Promise<number>;
}
