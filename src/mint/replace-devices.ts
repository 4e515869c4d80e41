import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { announceStep } from "../disk/announce-step.ts";
import { destroyFolder } from "../disk/destroy-folder.ts";
import { ensureFolder, moveInto, PRIVATE_FOLDER, remove, syncFolder } from "../disk/durable.ts";
import { batchFolder, deviceFolder, type LotLayout, replacedFolder, safeName } from "../disk/layout.ts";
import type { SerialNumber } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import { missingFolders } from "./place-batch.ts";

/** A device whose certificate takes another one's place. */
export interface ReplacedDevice {
  readonly externalId: string;
  /** Serial number of the old one. */
  readonly replaces: SerialNumber;
}

/**
 * Moves the folders of replaced devices out of the way and the new ones in, makes that durable, and destroys
 * the old ones with their keys. Every step may be repeated after a crash: what has been moved already is
 * skipped. A folder that holds neither is never touched, and one that is nowhere is missed: `disk-unwritable`.
 */
export function replaceDevices(lot: LotLayout, batch: number, devices: readonly ReplacedDevice[]): void {
  const from = batchFolder(lot, batch);
  ensureFolder(lot.replaced, PRIVATE_FOLDER);
  const missed: string[] = [];
  for (const device of devices) {
    const made = join(from, safeName(device.externalId));
    const place = deviceFolder(lot, device.externalId);
    if (!existsSync(made)) {
      if (!existsSync(place) || serialIn(join(place, "certificate.pem")) === device.replaces) {
        missed.push(device.externalId);
      }
      continue;
    }
    if (existsSync(place)) moveAway(place, replacedFolder(lot, device.externalId, device.replaces), device);
    moveInto(made, place);
    announceStep("folder-placed");
  }
  if (missed.length > 0) throw missingFolders(lot, batch, missed);
  syncFolder(lot.replaced);
  syncFolder(lot.devices);
  announceStep("batch-placed");
  // Only now: until the new folders are known to be on the disk, the old ones are all that there may be.
  for (const { externalId, replaces } of devices) destroyFolder(replacedFolder(lot, externalId, replaces));
  destroyFolder(lot.replaced);
  announceStep("old-destroyed");
  remove(from);
}

function moveAway(place: string, aside: string, device: ReplacedDevice): void {
  const foreign = findForeignFiles(place, device.replaces);
  if (foreign !== undefined) throw new OnboardingError(foreign, { code: "disk-unwritable" });
  destroyFolder(aside);
  moveInto(place, aside);
  announceStep("old-moved");
}

/** What hinders a device's folder from being replaced, in a sentence: it holds files of something else. */
export function findForeignFiles(place: string, serialNumber: SerialNumber): string | undefined {
  if (!existsSync(place) || readdirSync(place).length === 0) return undefined;
  const found = serialIn(join(place, "certificate.pem"));
  if (found === serialNumber) return undefined;
  const what = found === undefined ? "no readable certificate.pem" : `the certificate with serial number ${found}`;
  return `${place} holds ${what} instead of that with serial number ${serialNumber}; move it away and run again`;
}

function serialIn(path: string): string | undefined {
  try {
    return new X509Certificate(readFileSync(path)).serialNumber.toLowerCase();
  } catch {
    return undefined;
  }
}
