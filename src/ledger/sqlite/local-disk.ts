import { existsSync, realpathSync, statfsSync } from "node:fs";
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
 * (https://sqlite.org/wal.html). `fileSystemType` reads statfs's f_type, which says nothing on Windows; there `finalPath`
 * gives the path behind drive letters and links (GetFinalPathNameByHandle): `\\server\share\…` for a share.
 */
export function requireLocalDisk(
  folder: string,
  {
    system = process.platform,
    fileSystemType = (path) => statfsSync(path).type,
    finalPath = finalPathOf,
  }: {
    readonly system?: NodeJS.Platform;
    readonly fileSystemType?: (path: string) => number;
    readonly finalPath?: (path: string) => string;
  } = {},
): void {
  const place = nearestThere(resolve(folder));
  const share =
    system === "win32" ? windowsShare(finalPath(place)) : SHARED_FILE_SYSTEMS.get(fileSystemType(place) >>> 0);
  if (share === undefined) return;
  throw new OnboardingError(
    `${folder} is on a network share (${share}), where the ledger's locks cannot be trusted; move the home folder to a local disk`,
    { code: "usage" },
  );
}

/** Some virtual drives have no final path; they are of this machine. */
function finalPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** `\\?\` and `\\.\` begin paths of this machine's devices, but for `\\?\UNC\`. */
function windowsShare(path: string): string | undefined {
  return /^\\\\(?![?.]\\)|^\\\\\?\\UNC\\/i.test(path) ? path : undefined;
}

function nearestThere(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearestThere(parent);
}
