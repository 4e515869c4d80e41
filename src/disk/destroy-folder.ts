import { closeSync, existsSync, fstatSync, fsyncSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { diskFault, syncFolder } from "./durable.ts";

const ZEROS = Buffer.alloc(65_536);

/**
 * Overwrites every file of a folder, then removes it; what is not there is fine, so it may be repeated.
 *
 * What that promises: the files cannot be opened any more, and on a plain disk with a file system that writes
 * in place their old content is gone. It is no promise for flash, whose controller writes elsewhere, for file
 * systems that copy on write, for snapshots and for backups. There the keystores' passwords protect the keys,
 * and revocation makes them worthless.
 */
export function destroyFolder(folder: string): void {
  if (!existsSync(folder)) return;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) destroyFolder(path);
      else if (entry.isFile()) overwrite(path);
    }
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    throw diskFault(error, folder);
  }
  syncFolder(dirname(folder));
}

/** Zeros over the whole of a file, on the disk before it returns. */
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
