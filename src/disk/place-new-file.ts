import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { OnboardingError } from "../domain/error.ts";
import { diskFault } from "./disk-fault.ts";
import { SHARED_FILE, syncFolder } from "./durable.ts";

/** What says that a file system has no hard links, as on most USB sticks. */
const NO_LINKS: readonly string[] = ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK"];

/**
 * Puts a whole file in a place where none must be yet, durably: written aside, synced, given its name.
 * A place that is taken is `usage` and is left as it is; all else that goes wrong is `disk-unwritable`.
 */
export function placeNewFile(path: string, content: string, mode: number = SHARED_FILE): void {
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  try {
    writeSynced(aside, content, mode);
    nameIt(aside, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw diskFault(error, path);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Refuses (`usage`) a place that is taken. */
export function checkVacant(path: string): void {
  if (existsSync(path)) throw taken(path);
}

function writeSynced(path: string, content: string, mode: number): void {
  const file = openSync(path, "wx", mode);
  try {
    const octets = Buffer.from(content, "utf8");
    for (let offset = 0; offset < octets.length; ) offset += writeSync(file, octets, offset);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A link, unlike a rename, never takes the place of another file. */
function nameIt(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "EEXIST") throw taken(path, error);
    if (!NO_LINKS.includes(code)) throw error;
    checkVacant(path);
    renameSync(aside, path);
  }
}

function taken(path: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`${path} is there already and is not overwritten; name another file`, {
    code: "usage",
    cause,
  });
}
