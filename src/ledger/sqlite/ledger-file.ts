import { accessSync, closeSync, constants, existsSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { diskError, statIfThere } from "../../disk/disk-error.ts";
import { ensureFolder, PRIVATE_FILE, PRIVATE_FOLDER, syncFolder } from "../../disk/durable.ts";
import { closeToOthers } from "../../disk/modes.ts";
import { ARCHIVE, CHAIN_START, SITE } from "../rules/event-digest.ts";
import { requireLocalDisk } from "./local-disk.ts";
import { migrateSchema, requireLedger } from "./migrate-schema.ts";
import { MIGRATIONS } from "./schema.ts";

/** How long SQLite itself waits for a lock; it blocks this thread, so `transactions.ts` waits in slices of it. */
export const LOCK_SLICE_MS = 250;
const OPEN_TIMEOUT_MS = 30_000;

/** Two connections: in WAL a reader sees the last commit while a transaction is open on the writer. */
export interface Connections {
  readonly writer: DatabaseSync;
  readonly reader: DatabaseSync;
}

/**
 * Opens the ledger's file, making it (0600, in a folder of 0700) where there is none, and brings its
 * schema up to date. The errors are SQLite's own, but for a network share, a foreign file and a newer version.
 */
export function openLedgerFile(path: string): Connections {
  requireLocalDisk(dirname(path));
  makePrivate(path);
  const writer = new DatabaseSync(path, { timeout: OPEN_TIMEOUT_MS });
  try {
    requireLedger(writer, path, MIGRATIONS);
    // FULL: a commit whose sync fails is undone, and stands for nobody (docs/decisions/0011-sqlite-syncs-the-log.md).
    writer.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    writer.exec("PRAGMA cache_size = -24576; PRAGMA temp_store = MEMORY;");
    // Pages that batch after batch rewrites are written back once for many; the log stays below 64 MB.
    writer.exec("PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864;");
    migrateSchema(writer, MIGRATIONS);
    writer.exec(`PRAGMA busy_timeout = ${LOCK_SLICE_MS}`);
    const reader = new DatabaseSync(path, { timeout: OPEN_TIMEOUT_MS, readOnly: true });
    reader.exec("PRAGMA cache_size = -8192");
    return { writer, reader };
  } catch (error) {
    writer.close();
    throw error;
  }
}

/**
 * Opens the ledger's file to look into it. Without one, an empty ledger in memory stands for it. A file
 * that may be written is opened like any other, so that its log is read and written back; of one that may
 * not, nothing is touched.
 */
export function openLedgerFileToRead(path: string): Connections {
  if (!isThere(path)) {
    const empty = new DatabaseSync(":memory:");
    migrateSchema(empty, MIGRATIONS);
    return { writer: empty, reader: empty };
  }
  if (isWritable(path) && isWritable(dirname(path))) return openLedgerFile(path);
  const connect = () => new DatabaseSync(readOnlyAddress(path), { timeout: OPEN_TIMEOUT_MS, readOnly: true });
  const writer = connect();
  try {
    requireLedger(writer, path, MIGRATIONS);
    // An older version cannot be read as it is; SQLite says that it may not be written.
    migrateSchema(writer, MIGRATIONS);
    writer.exec("PRAGMA temp_store = MEMORY");
    return { writer, reader: connect() };
  } catch (error) {
    writer.close();
    throw error;
  }
}

/**
 * SQLite keeps the index of a write-ahead log in a file beside it, which cannot be made here. Without a log
 * nothing changes the file, and it can do without the index (https://sqlite.org/wal.html, section 9); a log
 * that was left can be read if its index was left as well.
 */
function readOnlyAddress(path: string): string | URL {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (log !== undefined && log.size > 0) return path;
  const address = pathToFileURL(path);
  address.searchParams.set("immutable", "1");
  return address;
}

/** `existsSync` takes a file that may not be looked at for missing; that one is `disk-unwritable`. */
function isThere(path: string): boolean {
  try {
    return statIfThere(path) !== undefined;
  } catch (error) {
    throw diskError(error, path, "reach");
  }
}

/** Asks the file system, so that a read-only one is found for root as well. */
function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** SQLite gives its -wal and -shm files the mode of the file itself, so that has to be right before it opens it. */
function makePrivate(path: string): void {
  const folder = dirname(path);
  const fresh = !existsSync(path);
  ensureFolder(folder, PRIVATE_FOLDER);
  try {
    if (fresh) closeSync(openSync(path, "a", PRIVATE_FILE));
    // SQLite would read a file that may not be written, and leave an index beside it that may not be either.
    else accessSync(path, constants.R_OK | constants.W_OK);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) {
      if (existsSync(file)) closeToOthers(file, PRIVATE_FILE);
    }
  } catch (error) {
    throw diskError(error, path);
  }
  if (!fresh) return;
  syncFolder(folder);
  syncFolder(dirname(folder));
}

/** Writes the ledger as it stands into a new file, 0600; gives the digest of the newest event of the site's chain. */
export function copyLedger(reader: DatabaseSync, path: string): string {
  reader.prepare("VACUUM INTO ?").run(path);
  closeToOthers(path, PRIVATE_FILE);
  // Asked of the copy: others may have committed since.
  const copy = new DatabaseSync(path, { readOnly: true });
  try {
    const head = copy.prepare("SELECT digest FROM chains WHERE chain IN (?, ?) ORDER BY chain DESC").get(SITE, ARCHIVE);
    return String(head?.["digest"] ?? CHAIN_START);
  } finally {
    copy.close();
  }
}
