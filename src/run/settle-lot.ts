import { readdirSync } from "node:fs";
import { join } from "node:path";
import { destroyFolder } from "../disk/destroy-folder.ts";
import { remove } from "../disk/durable.ts";
import { batchFolder, type LotLayout, passwordSegment } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotHold } from "../ledger/locks.ts";
import type { OpenBatch } from "../ledger/minting.ts";
import { placeDevices, placePasswords } from "./place-batch.ts";
import { replaceDevices } from "./replace-devices.ts";

/**
 * Settles what a killed run left, before anything else is done: batches that were committed as minted
 * are finished, others are deleted with their passwords and their serial numbers abandoned. Killed in
 * its turn, it can be repeated.
 */
export async function settleLot(
  ledger: Ledger,
  hold: LotHold,
  lot: LotLayout,
): Promise<{ readonly finished: number; readonly voided: number }> {
  let finished = 0;
  let voided = 0;
  for (const batch of await ledger.openBatches(hold.lot)) {
    if (batch.state === "minted") {
      placePasswords(lot, batch.number);
      placeBatch(lot, batch);
      await ledger.commitPlaced(hold, batch.number);
      finished++;
    } else {
      await dropBatch(ledger, hold, lot, batch.number);
      voided++;
    }
  }
  // Every batch is settled: what stands here was replaced, and the new one is in its place.
  destroyFolder(lot.replaced);
  sweep(lot.work);
  sweep(lot.secretsWork);
  return { finished, voided };
}

/** Brings a minted batch's folders to their final place: into empty ones, or into those of the certificates it replaces. */
function placeBatch(lot: LotLayout, { number, devices }: OpenBatch): void {
  const replaced = devices.flatMap(({ externalId, replaces }) =>
    replaces === undefined ? [] : [{ externalId, replaces }],
  );
  const ids = devices.map((device) => device.externalId);
  if (replaced.length > 0) replaceDevices(lot, number, replaced);
  else placeDevices(lot, number, ids);
}

/**
 * Gives up a batch that was not committed as minted: its keys and passwords go first, then its serial
 * numbers are abandoned, so that a kill between the two leaves it to be dropped again.
 */
export async function dropBatch(ledger: Ledger, hold: LotHold, lot: LotLayout, batch: number): Promise<void> {
  remove(batchFolder(lot, batch));
  const segment = passwordSegment(lot, batch);
  remove(segment.making);
  remove(segment.placed);
  await ledger.voidBatch(hold, batch);
}

/** Removes what no batch of the ledger claims any more. */
function sweep(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) remove(join(folder, name));
}
