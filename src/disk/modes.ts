import { chmodSync, lstatSync } from "node:fs";

/**
 * Whether the system keeps permission bits. Windows has access lists instead (`config/access-list.ts`): Node.js shows every
 * file there as 0666 or 0444, and sets nothing but the read-only flag.
 */
export function keepsModes(system: NodeJS.Platform = process.platform): boolean {
  return system !== "win32";
}

/** Takes from group and others what rights they have to a file or folder, where the system keeps modes. Throws the system's error. */
export function closeToOthers(path: string, mode: number, system: NodeJS.Platform = process.platform): void {
  if (keepsModes(system) && (lstatSync(path).mode & 0o077) !== 0) chmodSync(path, mode);
}

/** The permission bits as they are, in octal, when they are not those expected; undefined also where the system keeps none. */
export function wrongMode(
  found: number,
  expected: number,
  system: NodeJS.Platform = process.platform,
): string | undefined {
  const bits = found & 0o777;
  return bits === expected || !keepsModes(system) ? undefined : `0${bits.toString(8).padStart(3, "0")}`;
}
