import { setPriority } from "node:os";
import { platform } from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import type { PoolAlgorithm } from "../../domain/key-pool.ts";
import { makeRsaPair } from "./make-rsa-pair.ts";
import { type OpenPool, openSlotCipher } from "./seal-key.ts";

/** A worker thread of `fill-threads.ts`: makes keys and seals them. No key leaves it in the clear. */

export interface FillWorkerData {
  readonly pool: OpenPool;
  /** Two numbers: set to 1 to stop after the key in hand; how many keys all threads have made. */
  readonly shared: SharedArrayBuffer;
}

export interface FillOrder {
  readonly algorithm: PoolAlgorithm;
  readonly segment: string;
  readonly keys: number;
}

/** The slots one after the other, fewer than were asked for when it was stopped. */
export type FillAnswer =
  | { readonly kind: "filled"; readonly sealed: Uint8Array; readonly keys: number }
  | { readonly kind: "failed"; readonly message: string; readonly stack: string };

/** The lowest there is: a thread that mints beside it loses next to nothing. */
const LOWEST = 19;

function fill({ algorithm, segment, keys }: FillOrder, pool: OpenPool, shared: Int32Array): FillAnswer {
  try {
    const cipher = openSlotCipher(pool, algorithm, segment);
    const slots: Buffer[] = [];
    while (slots.length < keys && Atomics.load(shared, 0) === 0) {
      const pair = makeRsaPair(algorithm);
      try {
        slots.push(cipher.seal(slots.length, pair));
      } finally {
        pair.pkcs8.fill(0);
      }
      Atomics.add(shared, 1, 1);
    }
    return { kind: "filled", sealed: Uint8Array.from(Buffer.concat(slots)), keys: slots.length };
  } catch (error) {
    const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    return { kind: "failed", message, stack };
  }
}

// A thread's entry: it acts when it is imported.
if (parentPort !== null) {
  const port = parentPort;
  const { pool, shared } = workerData as FillWorkerData;
  // On Linux 0 is the calling thread; elsewhere it would be the whole process.
  if (platform === "linux") setPriority(0, LOWEST);
  const numbers = new Int32Array(shared);
  port.on("message", (order: FillOrder) => port.postMessage(fill(order, pool, numbers)));
}
