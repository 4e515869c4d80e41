import { existsSync } from "node:fs";
import { join } from "node:path";
import { batchFolder, deviceFolder, type LotLayout, safeName } from "../../disk/layout.ts";
import type { Job } from "../../domain/job.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { hasAllFiles } from "../lot/require-folders.ts";

const SHOWN = 5;

/**
 * What of a lot's output is not there although the ledger, restored from a backup, knows of it, as a clause;
 * undefined when all is there. A lot whose devices are all revoked needs no output. What was signed after the
 * backup is only to be found in output/ that is whole, so one missing device folder counts.
 */
export async function findMissingOutput(
  ledger: Ledger,
  lot: string,
  job: Job,
  layout: LotLayout,
): Promise<string | undefined> {
  const { revoked: _revoked, ...live } = await ledger.countByStage(lot);
  if (Object.values(live).every((devices) => devices === 0)) return undefined;
  if (!existsSync(layout.folder)) return `${layout.folder} is not there`;
  const missing = [...(await missingMinted(ledger, lot, layout)), ...(await missingReserved(ledger, lot, layout))];
  if (missing.length > 0) {
    const ids = missing.slice(0, SHOWN).join(", ") + (missing.length > SHOWN ? ", …" : "");
    return `${nounFor(missing.length, "the folder", "the folders")} of ${missing.length} ${nounFor(missing.length, "device")} (${ids}) ${nounFor(missing.length, "is", "are")} not in ${layout.devices}`;
  }
  const withPasswords = job.passwords === "per-device" && (await ledger.mintedBatches(lot)).size > 0;
  if (!withPasswords || existsSync(layout.secrets) || (await hasAllFiles(ledger, lot))) return undefined;
  return `${layout.secrets}, the folder with its passwords, is not there`;
}

async function missingMinted(ledger: Ledger, lot: string, layout: LotLayout): Promise<readonly string[]> {
  const missing: string[] = [];
  const open = await ledger.openBatches(lot);
  const inWork = new Map(
    open.flatMap(({ number, devices }) => devices.map(({ externalId }) => [externalId, number] as const)),
  );
  for await (const page of ledger.mintedDevices(lot)) {
    for (const { externalId, stage } of page) {
      if (stage !== "revoked" && !isThere(layout, externalId, inWork.get(externalId))) missing.push(externalId);
    }
  }
  return missing;
}

/** Of a batch that was committed after the backup, some folders are in place: then all of them have to be. */
async function missingReserved(ledger: Ledger, lot: string, layout: LotLayout): Promise<readonly string[]> {
  const reserved = (await ledger.openBatches(lot)).filter(({ state }) => state === "reserved");
  return reserved.flatMap(({ number, devices }) => {
    const fresh = devices.filter(({ replaces }) => replaces === undefined);
    if (!fresh.some(({ externalId }) => isThere(layout, externalId))) return [];
    return fresh.filter(({ externalId }) => !isThere(layout, externalId, number)).map(({ externalId }) => externalId);
  });
}

/** In its place, or still in the folder of its batch. */
function isThere(layout: LotLayout, externalId: string, batch?: number): boolean {
  if (existsSync(deviceFolder(layout, externalId))) return true;
  return batch !== undefined && existsSync(join(batchFolder(layout, batch), safeName(externalId)));
}
