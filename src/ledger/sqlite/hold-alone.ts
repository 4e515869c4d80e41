import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { OnboardingError } from "../../domain/error.ts";
import { isBusy, makeLockFile } from "./kernel-lock.ts";
import { ledgerError } from "./ledger-error.ts";
import { requireLocalDisk } from "./local-disk.ts";

/** As long as another one may take to write down that it is the holder. */
const PATIENCE_MS = 500;

/**
 * Holds a file for this process alone until `release`, or until the process ends in whatever way: the lock is
 * the kernel's, so that a dead holder leaves nothing behind. Throws `lot-held` with the holder's process
 * number. `what` names what is held.
 */
export function holdAlone(path: string, pid: number, what: string): { readonly release: () => void } {
  requireLocalDisk(dirname(path));
  makeLockFile(path);
  const file = openFile(path);
  try {
    recordHolder(file, pid);
    // A transaction that writes nothing: the lock is all that is wanted of it, and others can still read who holds it.
    file.exec("BEGIN IMMEDIATE");
  } catch (cause) {
    const error = isBusy(cause) ? held(file, what) : ledgerError(cause, path);
    file.close();
    throw error;
  }
  return { release: () => file.close() };
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: PATIENCE_MS });
  } catch (error) {
    throw ledgerError(error, path);
  }
}

/** For the message to the second process; a full disk does not prevent the lock. */
function recordHolder(file: DatabaseSync, pid: number): void {
  try {
    file.exec("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL); DELETE FROM holder");
    file.prepare("INSERT INTO holder (pid) VALUES (?)").run(pid);
    file.exec("COMMIT");
  } catch (error) {
    if (file.isTransaction) file.exec("ROLLBACK");
    if (isBusy(error)) throw error;
  }
}

function held(file: DatabaseSync, what: string): OnboardingError {
  const holder = holderOf(file);
  return new OnboardingError(`${holder} ${what} already; stop that one first`, { code: "lot-held" });
}

function holderOf(file: DatabaseSync): string {
  try {
    const row = file.prepare("SELECT pid FROM holder").get();
    if (row !== undefined) return `process ${String(row["pid"])}`;
  } catch {
    // Who it is is only said for convenience.
  }
  return "another process";
}
