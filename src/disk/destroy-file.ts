import { closeSync, fstatSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { diskError } from "./disk-error.ts";

const ZEROS = Buffer.alloc(65_536);

/**
 * Overwrites a file with zeros, on the disk before it is removed; one that is not there is fine, so that it may
 * be repeated. The folder is not synced: a caller that removes several files syncs it once.
 *
 * What that promises: the file cannot be opened any more, and on a plain disk with a file system that writes in
 * place its old content is gone. It is no promise for flash (SSDs, USB sticks), whose controller writes
 * elsewhere and clears the old cells when it likes, for file systems that copy on write or keep data in their
 * journal, for snapshots and for backups.
 */
export function destroyFile(path: string): void {
  try {
    overwrite(path);
    rmSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw diskError(error, path);
  }
}

function overwrite(path: string): void {
  const file = openSync(path, "r+");
  try {
    let left = fstatSync(file).size;
    for (let at = 0; left > 0; ) {
      const written = writeSync(file, ZEROS, 0, Math.min(left, ZEROS.length), at);
      at += written;
      left -= written;
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
