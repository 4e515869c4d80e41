import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";

/** A regular file as it was when it was opened. */
export interface RegularFile {
  readonly mode: number;
  readonly size: number;
  /** undefined: it is larger than it may be, and was not read. */
  readonly content: Buffer | undefined;
}

/** Nothing waits for the other end of a pipe, and no link is followed; Windows has neither flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a file, its mode and its size through one handle, so that they belong together. undefined for what is not a
 * regular file, a link to one included, or is not there. Throws what the operating system says otherwise.
 */
export function readRegular(path: string, mostOctets: number): RegularFile | undefined {
  if (constants.O_NOFOLLOW === undefined && lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    return undefined;
  const file = openRegular(path);
  if (file === undefined) return undefined;
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const { mode, size } = stat;
    if (size > mostOctets) return { mode, size, content: undefined };
    const octets = Buffer.allocUnsafe(size);
    let read = 0;
    for (let more = 1; more > 0 && read < size; read += more) more = readSync(file, octets, read, size - read, null);
    return { mode, size, content: octets.subarray(0, read) };
  } finally {
    closeSync(file);
  }
}

/** A link gives ELOOP, a socket ENXIO. */
function openRegular(path: string): number | undefined {
  try {
    return openSync(path, FLAGS);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ELOOP" || code === "EMLINK" || code === "ENXIO") return undefined;
    throw error;
  }
}
