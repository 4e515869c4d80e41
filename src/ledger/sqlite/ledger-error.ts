import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import { diskError, isDenied } from "../../disk/disk-error.ts";
import { OnboardingError, type OnboardingErrorCode } from "../../domain/error.ts";

/** SQLite's primary result codes that have a cure (https://sqlite.org/rescode.html). */
const ERRORS: Readonly<Record<number, { readonly code: OnboardingErrorCode; readonly cure: string }>> = {
  5: { code: "lot-held", cure: "another lotmint has been writing to it for a long time; run again when it is done" },
  6: { code: "lot-held", cure: "another lotmint has been writing to it for a long time; run again when it is done" },
  8: { code: "disk-unwritable", cure: "it is read-only; make the file and its folder writable and run again" },
  10: { code: "disk-unwritable", cure: "the disk reports an input/output error; check the disk and run again" },
  11: { code: "state-damaged", cure: "restore it from a backup with `lotmint restore`" },
  13: { code: "disk-unwritable", cure: "the disk is full; free some space and run again, nothing is lost" },
  14: { code: "disk-unwritable", cure: "it cannot be opened; check that file and folder are there and writable" },
  19: { code: "state-damaged", cure: "it contradicts itself; restore it from a backup with `lotmint restore`" },
  23: { code: "disk-unwritable", cure: "permission is denied; make the file writable for this user" },
  26: { code: "state-damaged", cure: "it is not a ledger; restore it from a backup with `lotmint restore`" },
};

/** The log's index could not grow: SQLITE_IOERR_SHMSIZE, which is what a full disk looks like there. */
const INDEX_CANNOT_GROW = 4874;
const DISK_FULL = 13;
/** Read-only, cannot be opened, no permission. */
const UNREADABLE: readonly number[] = [8, 14, 23];

/** SQLite's extended result code, or undefined for an error of another origin. */
export function sqliteCode(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !("errcode" in cause) || typeof cause.errcode !== "number") return undefined;
  return "code" in cause && cause.code === "ERR_SQLITE_ERROR" ? cause.errcode : undefined;
}

/** Turns SQLite's error into one that names the file and the cure; anything else is handed back as it is. */
export function ledgerError(cause: unknown, path: string): unknown {
  const code = sqliteCode(cause) ?? 0;
  const error = ERRORS[code === INDEX_CANNOT_GROW ? DISK_FULL : code & 0xff];
  if (error === undefined || !(cause instanceof Error)) return cause;
  const refused = UNREADABLE.includes(code & 0xff) ? refusedAccess(path) : undefined;
  if (refused !== undefined) return refused;
  return new OnboardingError(`the ledger ${path}: ${error.cure} (${cause.message})`, { code: error.code, cause });
}

/** SQLite gives no reason: the file system says whether permission is denied, and to whom. */
function refusedAccess(path: string): unknown {
  for (const file of [path, `${path}-wal`, `${path}-shm`, dirname(path)]) {
    try {
      accessSync(file, constants.R_OK | constants.W_OK);
    } catch (error) {
      if (isDenied(error)) return diskError(error, file, "reach");
    }
  }
  return undefined;
}
