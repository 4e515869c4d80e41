import { parentPort } from "node:worker_threads";
import { openSyncfs, type SyncOrder, syncOrder } from "./sync-file-system.ts";

/** The thread of `sync-point.ts`: carries out one order after the other. */

/** The result of an order: null, or the error. */
export type SyncAnswer = null | { readonly code: string; readonly message: string };

function answer(act: () => void): SyncAnswer {
  try {
    act();
    return null;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "EIO";
    return { code, message: error instanceof Error ? error.message : String(error) };
  }
}

// Acts when it is imported: it is a thread's entry.
if (parentPort !== null) {
  const port = parentPort;
  // Node.js says on stderr that its foreign function interface is new.
  process.removeAllListeners("warning");
  const syncfs = openSyncfs();
  port.on("message", (order: SyncOrder) => port.postMessage(answer(() => syncOrder(order, syncfs))));
}
