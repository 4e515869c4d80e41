import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from "node:fs";
import { diskError } from "../../disk/disk-error.ts";
import { poolSegment } from "../../disk/layout.ts";
import type { PoolTake } from "../../ledger/key-pool.ts";
import { type OpenPool, openSlotCipher, type PooledPair, slotSize } from "./seal-key.ts";

/**
 * Takes the keys that were handed out to a batch out of their files: their slots are overwritten, and that is on the
 * disk, before a key is given. A key whose slot or file is gone, or does not open, is left out. Errors of the disk are
 * `disk-unwritable`.
 */
export function drawKeys(pool: OpenPool, takes: readonly PoolTake[]): PooledPair[] {
  return takes.flatMap((take) => {
    const slots = exchangeForZeros(pool.folder, take);
    if (slots === undefined) return [];
    const cipher = openSlotCipher(pool, take.algorithm, take.segment);
    const size = slotSize(take.algorithm);
    return Array.from({ length: take.keys }, (_, index) =>
      cipher.open(take.first + index, slots.subarray(index * size, (index + 1) * size)),
    ).filter((pair) => pair !== undefined);
  });
}

/** Overwrites the slots of keys that were handed out, and syncs them; a file that is gone is fine. */
export function wipeKeys(folder: string, take: PoolTake): void {
  exchangeForZeros(folder, take);
}

/** What stood in the slots; undefined when the file is gone. */
function exchangeForZeros(folder: string, { segment, algorithm, first, keys }: PoolTake): Buffer | undefined {
  const path = poolSegment(folder, algorithm, segment);
  const size = slotSize(algorithm);
  try {
    const file = openSync(path, "r+");
    try {
      const slots = Buffer.alloc(keys * size);
      const at = first * size;
      const length = readWhole(file, slots, at);
      // Written and synced also where zeros are read: they may stand in the page cache only, from a process that was
      // killed before its sync, or after a sync that failed.
      const zeros = Buffer.alloc(length);
      for (let done = 0; done < length; ) done += writeSync(file, zeros, done, length - done, at + done);
      fdatasyncSync(file);
      return slots;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw diskError(error, path);
  }
}

/** A file that is too short gives zeros for what is missing, which open as no key. Says how much was read. */
function readWhole(file: number, into: Buffer, at: number): number {
  let done = 0;
  while (done < into.length) {
    const read = readSync(file, into, done, into.length - done, at + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}
