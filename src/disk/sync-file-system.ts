import { closeSync, fsyncSync, openSync, readdirSync, statSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";

/** What is to be made durable: everything on the file system of an open folder, of which these files and folders matter. */
export interface SyncOrder {
  /** Of a folder, opened before anything of it was written; undefined on Windows, which has no use for one. */
  readonly descriptor: number | undefined;
  readonly paths: readonly string[];
}

/** Calls syncfs(2) on a descriptor: 0, or the number of the error. */
export type SyncFileSystem = (descriptor: number) => number;

/** Opens a file or folder with these flags and syncs it. */
type SyncPath = (path: string, flags: "r" | "r+") => void;

const MOST_REPEATS = 100;

/**
 * Makes what an order names durable, with one call of syncfs(2) where there is one: it reports every write error of
 * the file system since the descriptor was opened, whoever else has been told of it (Linux 5.8). Else each file
 * and folder is synced, and the folders above. Blocks this thread. Throws the system's error, with its `code`.
 */
export function syncOrder(
  { descriptor, paths }: SyncOrder,
  syncfs: SyncFileSystem | undefined,
  {
    system = process.platform,
    syncPath = syncOne,
  }: { readonly system?: NodeJS.Platform; readonly syncPath?: SyncPath } = {},
): void {
  const { EINTR, ENOSYS } = constants.errno;
  const syncAll = () => (syncfs === undefined || descriptor === undefined ? ENOSYS : syncfs(descriptor));
  let errno = syncAll();
  // A signal is no fault of the disk.
  for (let left = MOST_REPEATS; errno === EINTR && left > 0; left--) errno = syncAll();
  if (errno === ENOSYS) syncEach(paths, system, syncPath);
  else if (errno !== 0) {
    throw Object.assign(new Error(`syncfs ended with error ${errno}`), { code: nameOf(errno) });
  }
}

/**
 * syncfs(2) of the C library, through the foreign function interface of Node.js; undefined where Node.js has none
 * (before 26), or the system has no such call.
 */
export function openSyncfs(): SyncFileSystem | undefined {
  const ffi = process.getBuiltinModule("node:ffi") as typeof import("node:ffi") | undefined;
  if (ffi === undefined) return undefined;
  try {
    const { functions } = ffi.dlopen(null, {
      syncfs: { arguments: ["i32"], return: "i32" },
      __errno_location: { arguments: [], return: "pointer" },
    });
    return (descriptor) =>
      functions.syncfs(descriptor) === 0 ? 0 : ffi.getInt32(functions.__errno_location()) || constants.errno.EIO;
  } catch {
    return undefined;
  }
}

/** For systems without syncfs: files and folders one by one, then the names of the folders that they stand in. */
function syncEach(paths: readonly string[], system: NodeJS.Platform, syncPath: SyncPath): void {
  const above = new Set<string>();
  for (const path of paths) {
    syncTree(path, system, syncPath);
    for (let folder = dirname(path); !above.has(folder); folder = dirname(folder)) above.add(folder);
  }
  // Windows syncs no folders: see `syncFolder`.
  if (system !== "win32") for (const folder of above) syncAbove(folder, syncPath);
}

function syncTree(path: string, system: NodeJS.Platform, syncPath: SyncPath): void {
  const isFolder = statSync(path).isDirectory();
  if (isFolder) for (const name of readdirSync(path)) syncTree(join(path, name), system, syncPath);
  if (system !== "win32") syncPath(path, "r");
  // FlushFileBuffers wants a handle that may write.
  else if (!isFolder) syncPath(path, "r+");
}

/** Folders above may not be ours to read; what we have made in them is. */
function syncAbove(folder: string, syncPath: SyncPath): void {
  try {
    syncPath(folder, "r");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!["EACCES", "EPERM", "EROFS"].includes(code)) throw error;
  }
}

function syncOne(path: string, flags: "r" | "r+"): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } catch (error) {
    // Some network shares cannot sync a folder and say EINVAL; there is nothing more to be had from them.
    if (!(error instanceof Error && "code" in error && error.code === "EINVAL")) throw error;
  } finally {
    closeSync(file);
  }
}

function nameOf(errno: number): string {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? "EIO";
}
