import { existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { OnboardingError } from "../../domain/error.ts";

/** statfs(2) magic numbers of file systems that other machines write to as well (linux/magic.h). */
const SHARED_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xfe534d42, "SMB"],
  [0xff534d42, "CIFS"],
  [0x01021997, "9p"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x00c36400, "Ceph"],
  [0x73757245, "Coda"],
  [0x564c, "NCP"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  [0x786f4256, "a VirtualBox shared folder"],
]);

/**
 * Refuses (`usage`) a folder on a network share, before anything is written there. WAL keeps its index in
 * memory that all processes map, and locks byte ranges; neither holds between machines
 * (https://sqlite.org/wal.html). `fileSystemType` reads statfs's f_type.
 */
export function requireLocalDisk(
  folder: string,
  fileSystemType: (path: string) => number = (path) => statfsSync(path).type,
): void {
  const share = SHARED_FILE_SYSTEMS.get(fileSystemType(nearestThere(resolve(folder))) >>> 0);
  if (share === undefined) return;
  throw new OnboardingError(
    `${folder} is on a network share (${share}), where the ledger's locks cannot be trusted; move the home folder to a local disk`,
    { code: "usage" },
  );
}

function nearestThere(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearestThere(parent);
}
