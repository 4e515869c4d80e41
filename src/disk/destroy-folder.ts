import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { destroyFile } from "./destroy-file.ts";
import { diskError } from "./disk-error.ts";
import { syncFolder } from "./durable.ts";
import { removeTree } from "./remove-tree.ts";

/**
 * Destroys every file of a folder, then removes it; what is not there is fine, so it may be repeated. What
 * that promises is said at `destroyFile`; where it promises nothing, the keystores' passwords protect the
 * keys, and revocation makes them worthless.
 */
export function destroyFolder(folder: string): void {
  if (!existsSync(folder)) return;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) destroyFolder(path);
      else if (entry.isFile()) destroyFile(path);
    }
    removeTree(folder);
  } catch (error) {
    throw diskError(error, folder);
  }
  syncFolder(dirname(folder));
}
