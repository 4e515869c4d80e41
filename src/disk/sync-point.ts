import { closeSync, openSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { OnboardingError } from "../domain/error.ts";
import { diskError } from "./disk-error.ts";
import type { SyncOrder } from "./sync-file-system.ts";
import type { SyncAnswer } from "./sync-worker.ts";

/** What is written on one file system from now on, until it is made durable. */
export interface SyncPoint {
  /**
   * Makes everything durable that was written on this file system up to now. `paths` are the files and folders that
   * the caller counts on, all that he wrote since the point was opened. A write error that the file system had
   * since then is `disk-unwritable`, also when another process has been told of it: what was written must be
   * taken for lost.
   */
  sync(paths: readonly string[]): Promise<void>;
  /** Frees its descriptor; only when no sync is under way. */
  close(): void;
}

/**
 * Opens a point on the file system of `folder`, before anything is written that it shall answer for. Linux keeps
 * write errors per file system and tells each open descriptor once, so that every batch needs one of its own.
 * Faults are `disk-unwritable`.
 */
export function openSyncPoint(folder: string, system: NodeJS.Platform = process.platform): SyncPoint {
  // On Windows an open folder could not be renamed, and there is nothing to ask it for.
  const descriptor = system === "win32" ? undefined : openFolder(folder);
  return {
    sync: async (paths) => {
      const fault = await inThread({ descriptor, paths });
      if (fault !== null) throw syncFault(fault, folder);
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

function syncFault({ code, message }: NonNullable<SyncAnswer>, folder: string): unknown {
  const cause = Object.assign(new Error(message), { code });
  const fault = diskError(cause, folder);
  if (fault !== cause) return fault;
  return new OnboardingError(`cannot make ${folder} durable: ${message} (${code}); mend that and run again`, {
    code: "disk-unwritable",
    cause,
  });
}

function openFolder(folder: string): number {
  try {
    return openSync(folder, "r");
  } catch (error) {
    throw diskError(error, folder);
  }
}

/** So long the thread is kept for the next order. */
const IDLE_MS = 5_000;

interface SyncThread {
  readonly worker: Worker;
  readonly waiting: { readonly resolve: (answer: SyncAnswer) => void; readonly reject: (fault: unknown) => void }[];
  idle: NodeJS.Timeout | undefined;
}

/** One for the process, while there is something to sync: a sync takes long, and the main thread has other things to do. */
let thread: SyncThread | undefined;

function inThread(order: SyncOrder): Promise<SyncAnswer> {
  thread ??= startThread();
  const mine = thread;
  clearTimeout(mine.idle);
  mine.worker.ref();
  return new Promise((resolve, reject) => {
    mine.waiting.push({ resolve, reject });
    mine.worker.postMessage(order);
  });
}

function startThread(): SyncThread {
  const worker = new Worker(new URL("./sync-worker.ts", import.meta.url), {
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  });
  const started: SyncThread = { worker, waiting: [], idle: undefined };
  const end = (fault: Error) => {
    if (thread === started) thread = undefined;
    for (const { reject } of started.waiting.splice(0)) reject(fault);
  };
  worker.on("message", (answer: SyncAnswer) => {
    started.waiting.shift()?.resolve(answer);
    if (started.waiting.length > 0) return;
    worker.unref();
    started.idle = setTimeout(() => {
      if (thread === started) thread = undefined;
      void worker.terminate();
    }, IDLE_MS).unref();
  });
  worker.on("error", (cause) => end(new Error(`the thread that syncs died: ${String(cause)}`, { cause })));
  worker.on("exit", (code) => end(new Error(`the thread that syncs ended with code ${code}`)));
  return started;
}
