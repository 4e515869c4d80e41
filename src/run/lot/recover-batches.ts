import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { destroyFolder } from "../../disk/destroy-folder.ts";
import { remove } from "../../disk/durable.ts";
import { type LotLayout, passwordSegment } from "../../disk/layout.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotLease } from "../../ledger/locks.ts";
import type { OpenBatch } from "../../ledger/minting.ts";
import { dropBatch } from "../../mint/drop-batch.ts";
import { placeDevices, placePasswords } from "../../mint/place-batch.ts";
import { replaceDevices } from "../../mint/replace-devices.ts";
import { ownershipOf, requireOwn } from "./owner-mark.ts";

/**
 * Recovers what a killed run left, before anything else is done: batches that were committed as minted
 * are finished, others are deleted with their passwords and their serial numbers abandoned. Killed in
 * its turn, it can be repeated.
 */
export async function recoverBatches(
  ledger: Ledger,
  lease: LotLease,
  lot: LotLayout,
): Promise<{ readonly finished: number; readonly voided: number }> {
  let finished = 0;
  let voided = 0;
  const open = await ledger.openBatches(lease.lot);
  if (open.length > 0) await requireOwn(ledger, lease.lot, lot.folder);
  for (const batch of open) {
    if (batch.state === "minted") {
      // A segment that is nowhere is told of when the lists are put together.
      if (batch.segment !== undefined && existsSync(passwordSegment(lot, batch.segment).making)) {
        placePasswords(lot, batch.segment);
      }
      placeBatch(lot, batch);
      await ledger.commitPlaced(lease, batch.number);
      finished++;
    } else {
      await dropBatch(ledger, lease, lot, batch);
      voided++;
    }
  }
  const { kind } = await ownershipOf(ledger, lease.lot, lot.folder);
  if (kind === "ours" || kind === "unmarked") {
    // Every batch is recovered: what stands here was replaced, and the new one is in its place. Segments have names of
    // their own, and only those of this ledger's batches go: see `dropBatch`.
    destroyFolder(lot.replaced);
    sweep(lot.work);
  }
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
