import { closeSync, existsSync, fsyncSync, linkSync, lstatSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { OnboardingError } from "../domain/error.ts";
import { diskError } from "./disk-error.ts";
import { closeToOthers } from "./modes.ts";
import { removeTree } from "./remove-tree.ts";
import { renameOver } from "./rename.ts";
import { removeStaged, stagingName } from "./staging.ts";

/** Mode of files that hold a key or a password. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;
/** Mode of files that the MES and other readers may see; the umask still narrows it. */
export const SHARED_FILE = 0o644;
export const SHARED_FOLDER = 0o755;

function guarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw diskError(error, path);
  }
}

/** Makes a folder and its parents; one that is there already keeps its mode unless it has to be private. */
export function ensureFolder(path: string, mode: number = SHARED_FOLDER): void {
  guarded(path, () => {
    makeFolders(path, mode);
    if (mode === PRIVATE_FOLDER) closeToOthers(path, mode);
  });
}

/** The same for a folder whose parent has to be there: never its parents. */
export function ensureFolderAlone(path: string, mode: number): void {
  if (existsSync(path)) ensureFolder(path, mode);
  else guarded(path, () => mkdirSync(path, { mode }));
}

/** Makes a private folder that must not be there yet, in one that is: nothing but that, so for the folders of a batch. */
export function makeNewFolder(path: string): void {
  guarded(path, () => mkdirSync(path, { mode: PRIVATE_FOLDER }));
}

/** Node says ENOENT of a folder whose parent may not be written to; making one alone brings out why. */
function makeFolders(path: string, mode: number): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") throw Object.assign(new Error("not a folder", { cause: error }), { code: "ENOTDIR" });
    if (code !== "ENOENT") throw error;
    mkdirSync(firstMissing(path), { mode });
    mkdirSync(path, { recursive: true, mode });
  }
}

function firstMissing(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? path : firstMissing(parent);
}

/**
 * Writes a whole new file that must not be there yet, without syncing: for batches that are synced as
 * one. `mode` holds whatever the umask, as long as that leaves the owner's bits (see `cli/main`).
 */
export function writeNew(path: string, content: Uint8Array | string, mode: number = PRIVATE_FILE): void {
  guarded(path, () => {
    const file = openSync(path, "wx", mode);
    try {
      writeAll(file, content);
    } finally {
      closeSync(file);
    }
  });
}

/** Writes all of it, however little the system takes at a time. */
export function writeAll(file: number, content: Uint8Array | string): void {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
}

/** A file that is being written aside; readers see the old content until `commit`. */
export interface Replacement {
  write(content: Uint8Array | string): void;
  /** Syncs, renames into place, syncs the folder: then the new content is there, whole, also after a power cut. */
  commit(): void;
  /** Leaves the old content as it is. */
  discard(): void;
}

/**
 * Starts to replace a file durably, for content that comes in pieces. Errors are `disk-unwritable`. Only for files that
 * one process at a time writes, such as those of a lot that it holds: what is found beside it was left by a killed process.
 */
export function startReplacement(path: string, mode: number = SHARED_FILE): Replacement {
  const aside = `${path}.new`;
  guarded(path, () => rmSync(aside, { force: true }));
  return replaceFrom(aside, path, mode);
}

function replaceFrom(aside: string, path: string, mode: number): Replacement {
  const file = guarded(path, () => openSync(aside, "wx", mode));
  const discard = () => {
    closeSync(file);
    rmSync(aside, { force: true });
  };
  return {
    write: (content) => guarded(path, () => writeAll(file, content)),
    commit: () =>
      guarded(path, () => {
        try {
          fsyncSync(file);
        } catch (error) {
          discard();
          throw error;
        }
        closeSync(file);
        try {
          renameOver(aside, path);
        } catch (error) {
          rmSync(aside, { force: true });
          throw error;
        }
        syncFolder(dirname(path));
      }),
    discard,
  };
}

/** A file that is being written aside: a `Replacement` or a `NewFile`. */
type Aside = Pick<Replacement, "write" | "commit" | "discard">;

/**
 * Lets `fill` write a file's content, at once or in its own time, then commits it. When `fill` throws, what was written is
 * discarded and the error thrown on: the place stays as it was. Gives what `fill` gave.
 */
export function commitFilled<T>(file: Aside, fill: (write: Aside["write"]) => T): T {
  const discarding = (error: unknown): never => {
    file.discard();
    throw error;
  };
  const committing = <V>(value: V): V => {
    file.commit();
    return value;
  };
  let filled: T;
  try {
    filled = fill(file.write);
  } catch (error) {
    return discarding(error);
  }
  if (filled instanceof Promise) return filled.then(committing, discarding) as T;
  return committing(filled);
}

/** Replaces a file durably with content that is at hand; errors and condition as `startReplacement`'s. */
export function replaceFile(path: string, content: Uint8Array | string, mode: number = SHARED_FILE): void {
  commitFilled(startReplacement(path, mode), (write) => write(content));
}

/** The same for a file that several processes may replace at once: each writes aside by itself, and the last one stays. */
export function replaceShared(path: string, content: Uint8Array | string, mode: number = SHARED_FILE): void {
  const name = basename(path);
  const aside = join(dirname(path), stagingName(name));
  const replacement = replaceFrom(aside, path, mode);
  guarded(path, () => removeStaged(aside, name));
  commitFilled(replacement, (write) => write(content));
}

/**
 * Makes the names in a folder durable: after renames into it. Windows syncs no folders (FlushFileBuffers wants a handle to
 * write, which a folder has not); NTFS keeps the order of its names in its own journal.
 */
export function syncFolder(path: string, system: NodeJS.Platform = process.platform): void {
  if (system === "win32") return;
  guarded(path, () => {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } catch (error) {
      // Some network shares cannot sync a folder and say EINVAL; nothing more can be done there.
      if (!(error instanceof Error && "code" in error && error.code === "EINVAL")) throw error;
    } finally {
      closeSync(folder);
    }
  });
}

/** Renames without syncing either folder. */
export function moveInto(from: string, to: string): void {
  guarded(to, () => renameOver(from, to));
}

/** What says that a file system has no hard links, as on most USB sticks. EISDIR is what Windows says of exFAT (libuv: ERROR_INVALID_FUNCTION). */
export const NO_LINKS: readonly unknown[] = ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "EISDIR"];

/**
 * Renames a file into a place where none may be: unlike a plain rename it never takes another file's place
 * (`disk-unwritable`). Repeating it after a crash in between is harmless. Syncs neither folder.
 */
export function moveIntoVacant(from: string, to: string): void {
  guarded(to, () => {
    try {
      linkSync(from, to);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EEXIST" && !isSameFile(from, to)) throw occupied(to, error);
      if (code !== "EEXIST" && !NO_LINKS.includes(code)) throw error;
      if (code !== "EEXIST") {
        if (existsSync(to)) throw occupied(to, error);
        renameOver(from, to);
        return;
      }
    }
    rmSync(from);
  });
}

function isSameFile(one: string, other: string): boolean {
  // File numbers of NTFS do not fit into a plain number.
  const [a, b] = [lstatSync(one, { bigint: true }), lstatSync(other, { bigint: true })];
  return a.dev === b.dev && a.ino === b.ino;
}

function occupied(path: string, cause: unknown): OnboardingError {
  return new OnboardingError(`${path} is there already and is not overwritten; move it away and run again`, {
    code: "disk-unwritable",
    cause,
  });
}

/** Removes a file or a tree; what is not there is fine. */
export function remove(path: string): void {
  guarded(path, () => removeTree(path));
}
