import { closeSync, existsSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { diskError } from "../../disk/disk-error.ts";
import { ensureFolder, PRIVATE_FILE, PRIVATE_FOLDER } from "../../disk/durable.ts";
import { ledgerError, sqliteCode } from "./ledger-error.ts";
import { requireLocalDisk } from "./local-disk.ts";

const SQLITE_BUSY = 5;

/** A file that this process holds alone, until `release` or until the process ends in whatever way. */
export interface KernelLock {
  readonly release: () => void;
}

/**
 * Takes a file for this process alone; undefined when another process, or this one, has it. The lock is the
 * kernel's, taken through SQLite: it holds between containers that share the folder, whatever process numbers they
 * see, and goes with its process. The file is made if need be, stays empty, and must never be opened or removed
 * by other means: POSIX drops a process's locks with any descriptor of the file that it closes. Errors are those
 * of the ledger's file.
 */
export function takeKernelLock(path: string): KernelLock | undefined {
  requireLocalDisk(dirname(path));
  makeLockFile(path);
  let file: DatabaseSync;
  try {
    file = new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw ledgerError(error, path);
  }
  try {
    // A transaction that writes nothing, and needs no journal: the lock is all that is wanted of it.
    file.exec("PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE");
  } catch (error) {
    file.close();
    if (isBusy(error)) return undefined;
    throw ledgerError(error, path);
  }
  return { release: () => file.close() };
}

const POLL_MS = 50;

/** The same, once the holder releases it; undefined when it has not within this time. */
export async function awaitKernelLock(path: string, patienceMs: number): Promise<KernelLock | undefined> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const lock = takeKernelLock(path);
    if (lock !== undefined || waitedMs >= patienceMs) return lock;
    await setTimeout(POLL_MS);
  }
}

/** True of SQLite's error that another one holds what was asked for. */
export function isBusy(error: unknown): boolean {
  return ((sqliteCode(error) ?? 0) & 0xff) === SQLITE_BUSY;
}

/** Makes a lock's file and its folder, private from their first moment; one that is there is not opened, which would drop this process's lock on it. */
export function makeLockFile(path: string): void {
  ensureFolder(dirname(path), PRIVATE_FOLDER);
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, "wx", PRIVATE_FILE));
  } catch (error) {
    // Another process has been faster.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw diskError(error, path);
  }
}
