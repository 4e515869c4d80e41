import { remove } from "../disk/durable.ts";
import { batchFolder, isNamedApart, type LotLayout, passwordSegment } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotLease } from "../ledger/locks.ts";
import type { OpenBatch } from "../ledger/minting.ts";

/**
 * Gives up a batch that was not committed as minted: its keys and passwords go first, then its serial
 * numbers are abandoned, so that a kill between the two leaves it to be dropped again.
 */
export async function dropBatch(
  ledger: Ledger,
  lease: LotLease,
  lot: LotLayout,
  batch: Pick<OpenBatch, "number" | "segment">,
): Promise<void> {
  remove(batchFolder(lot, batch.number));
  // Any other stays until it is known whose the folder is: see `findSegments`.
  if (batch.segment !== undefined && isNamedApart(batch.segment)) {
    const segment = passwordSegment(lot, batch.segment);
    remove(segment.making);
    remove(segment.placed);
  }
  await ledger.voidBatch(lease, batch.number);
}
