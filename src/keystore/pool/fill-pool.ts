import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { announceStep } from "../../disk/announce-step.ts";
import { destroyFile } from "../../disk/destroy-file.ts";
import {
  commitFilled,
  ensureFolder,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  startReplacement,
  syncFolder,
} from "../../disk/durable.ts";
import { poolFolder, poolSegment } from "../../disk/layout.ts";
import { type KeyPoolSite, POOL_ALGORITHMS, type PoolAlgorithm } from "../../domain/key-pool.ts";
import type { KeyPool, PoolSegment } from "../../ledger/key-pool.ts";
import { openFillThreads } from "./fill-threads.ts";
import { keysLeft } from "./keys-left.ts";
import { type OpenPool, slotSize } from "./seal-key.ts";
import { wipeTaken } from "./wipe-taken.ts";

/** Uses the ledger for a moment: it is not kept open while keys are made. */
export type UseKeyLedger = <T>(act: (ledger: KeyPool) => Promise<T>) => Promise<T>;

export interface FillOptions {
  readonly pool: OpenPool;
  readonly wanted: KeyPoolSite;
  readonly useLedger: UseKeyLedger;
  readonly threads: number;
  /** Stops after the keys in hand, which are kept. */
  readonly signal: AbortSignal;
  /** Told now and then. */
  readonly onProgress?: (algorithm: PoolAlgorithm, made: number, missing: number) => void;
}

export interface FilledKeys {
  readonly algorithm: PoolAlgorithm;
  readonly wanted: number;
  readonly available: number;
  readonly added: number;
}

/** Keys in one file: some seconds' work, so that a kill costs little, and files stay few. */
const SEGMENT_KEYS: Readonly<Record<PoolAlgorithm, number>> = { "rsa-2048": 64, "rsa-3072": 16, "rsa-4096": 8 };
const PROGRESS_MS = 200;

/**
 * Fills the pool up to what is wanted, or until the signal. Only by the one process that has `poolLock`. What a kill left
 * is cleared away before: files that the ledger does not know, and keys that were handed out and not wiped.
 */
export async function fillPool(options: FillOptions): Promise<readonly FilledKeys[]> {
  const { pool, wanted, useLedger } = options;
  await useLedger((ledger) => wipeTaken(ledger, pool.folder, pool.id));
  await useLedger((ledger) => dropStrays(ledger, pool));
  const filled: FilledKeys[] = [];
  for (const algorithm of POOL_ALGORITHMS) {
    const most = wanted[algorithm];
    if (most === undefined) continue;
    const left = async () =>
      keysLeft(await useLedger((ledger) => ledger.countPoolKeys()), { pool: pool.id, algorithm });
    const before = await left();
    const added = options.signal.aborted ? 0 : await fillUp(options, algorithm, most - before);
    const available = added === 0 ? before : await left();
    filled.push({ algorithm, wanted: most, available, added });
  }
  return filled;
}

/** Says how many keys were added. */
async function fillUp(options: FillOptions, algorithm: PoolAlgorithm, missing: number): Promise<number> {
  if (missing <= 0) return 0;
  const { pool, signal, onProgress } = options;
  const size = SEGMENT_KEYS[algorithm];
  // Smaller files where few keys are missing, so that every thread has some to make.
  const each = Math.max(1, Math.min(size, Math.ceil(missing / options.threads)));
  const atOnce = Math.min(options.threads, Math.ceil(missing / each));
  const threads = openFillThreads(pool, atOnce);
  signal.addEventListener("abort", threads.stop, { once: true });
  const timer = setInterval(() => onProgress?.(algorithm, Math.min(threads.made(), missing), missing), PROGRESS_MS);
  let left = missing;
  let added = 0;
  const drive = async (): Promise<void> => {
    while (left > 0 && !signal.aborted) {
      const keys = Math.min(each, left);
      left -= keys;
      const segment = randomBytes(16).toString("hex");
      const made = await threads.fill({ algorithm, segment, keys });
      if (made.keys === 0) return;
      placeSegment(pool, algorithm, segment, made.sealed);
      await options.useLedger((ledger) =>
        ledger.addPoolSegment({ pool: pool.id, algorithm, segment, keys: made.keys }),
      );
      announceStep("pool-filled");
      added += made.keys;
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, drive));
    onProgress?.(algorithm, missing, missing);
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", threads.stop);
    threads.stop();
    await threads.close();
  }
  return added;
}

/** Whole, in its place and durable before the ledger knows of it. */
function placeSegment(pool: OpenPool, algorithm: PoolAlgorithm, segment: string, sealed: Uint8Array): void {
  const path = poolSegment(pool.folder, algorithm, segment);
  ensureFolder(dirname(path), PRIVATE_FOLDER);
  commitFilled(startReplacement(path, PRIVATE_FILE), (write) => {
    write(sealed);
    announceStep("pool-segment-written");
  });
  announceStep("pool-segment-placed");
}

/**
 * Files that the ledger does not know are destroyed: their keys were never handed out, and never will be. Of files that
 * are gone, or are of a pool that is gone, no key is handed out any more.
 */
async function dropStrays(ledger: Pick<KeyPool, "poolSegments" | "retirePoolSegments">, pool: OpenPool): Promise<void> {
  const known = await ledger.poolSegments();
  const here = new Set(known.filter((each) => each.pool === pool.id).map(({ segment }) => segment));
  for (const algorithm of POOL_ALGORITHMS) {
    const folder = poolFolder(pool.folder, algorithm);
    if (!existsSync(folder)) continue;
    const strays = readdirSync(folder).filter((name) => !here.has(name));
    for (const name of strays) destroyFile(join(folder, name));
    if (strays.length > 0) syncFolder(folder);
  }
  const lost = known.filter((each) => each.pool !== pool.id || !isThere(pool, each));
  if (lost.length > 0) await ledger.retirePoolSegments(lost.map(({ segment }) => segment));
}

function isThere(pool: OpenPool, { algorithm, segment, keys }: PoolSegment): boolean {
  const file = statSync(poolSegment(pool.folder, algorithm, segment), { throwIfNoEntry: false });
  return file?.size === keys * slotSize(algorithm);
}
