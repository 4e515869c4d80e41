import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { announceStep } from "../disk/announce-step.ts";
import { moveInto, moveIntoVacant, remove, syncFolder } from "../disk/durable.ts";
import { batchFolder, deviceFolder, type LotLayout, passwordSegment, safeName } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import { listIds } from "../domain/list-ids.ts";
import { nounFor } from "../domain/noun-for.ts";

/**
 * Step (d) of issuance: the batch's passwords count from here on, and survive a power cut. Repeating it
 * after a crash is harmless. Never over another file; a segment that is nowhere is `disk-unwritable`.
 */
export function placePasswords(lot: LotLayout, name: string): void {
  const { making, placed } = passwordSegment(lot, name);
  if (!existsSync(making)) {
    if (existsSync(placed)) return;
    throw new OnboardingError(
      `the passwords of a batch are gone: ${making} is not there any more; the batch was abandoned, run again`,
      { code: "disk-unwritable" },
    );
  }
  moveIntoVacant(making, placed);
  syncFolder(lot.secrets);
  announceStep("passwords-placed");
}

/**
 * Step (f) of issuance: moves each device's folder to its final place and makes that durable at once.
 * Repeating it after a crash is harmless: what has been moved already is skipped. A folder of another
 * device that stands in the way is never overwritten, and one that is in neither place is missed
 * (`disk-unwritable`): the disk that it is on may not be there.
 */
export function placeDevices(lot: LotLayout, batch: number, externalIds: readonly string[]): void {
  const from = batchFolder(lot, batch);
  const missed: string[] = [];
  for (const externalId of externalIds) {
    const made = join(from, safeName(externalId));
    const place = deviceFolder(lot, externalId);
    // One call for each device: a rename never takes the place of a folder that holds anything (rename(2)), and tells
    // when nothing is there to be moved. Why it failed is looked into afterwards.
    try {
      moveInto(made, place);
    } catch (error) {
      if (!existsSync(made)) {
        if (!existsSync(place)) missed.push(externalId);
        continue;
      }
      throw isOccupied(place) ? occupiedPlace(place, error) : error;
    }
    announceStep("folder-placed");
  }
  if (missed.length > 0) throw missingFolders(lot, batch, missed);
  syncFolder(lot.devices);
  announceStep("batch-placed");
  remove(from);
}

function occupiedPlace(place: string, cause: unknown): OnboardingError {
  return new OnboardingError(
    `${place} is in the place of a new device's folder; move it away and run again, nothing is lost`,
    { code: "disk-unwritable", cause },
  );
}

/** The error of minted devices whose folders are nowhere: `disk-unwritable`. */
export function missingFolders(lot: LotLayout, batch: number, missed: readonly string[]): OnboardingError {
  const ids = listIds(missed, 5);
  return new OnboardingError(
    `${missed.length} ${nounFor(missed.length, "device")} (${ids}) ${nounFor(missed.length, "has been minted, but its folder is", "have been minted, but their folders are")} neither in ${batchFolder(lot, batch)} nor in ${lot.devices}; bring the disk back that they are on and run again (if they are lost for good, make an empty folder for each in ${lot.devices} and remint the devices)`,
    { code: "disk-unwritable" },
  );
}

/** True when a device's folder is there and holds anything: it belongs to somebody, and is never overwritten. */
export function isOccupied(folder: string): boolean {
  // Most are not there, and an error that is thrown costs more than the question.
  if (!existsSync(folder)) return false;
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}
