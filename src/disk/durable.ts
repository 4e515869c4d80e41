import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { OnboardingError } from "../domain/error.ts";
import { diskFault } from "./disk-fault.ts";

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
    throw diskFault(error, path);
  }
}

/** Makes a folder and its parents; one that is there already keeps its mode unless it has to be private. */
export function ensureFolder(path: string, mode: number = SHARED_FOLDER): void {
  guarded(path, () => {
    makeFolders(path, mode);
    if (mode === PRIVATE_FOLDER && (lstatSync(path).mode & 0o077) !== 0) chmodSync(path, mode);
  });
}

/** The same for a folder whose parent has to be there: never its parents. */
export function ensureFolderAlone(path: string, mode: number): void {
  if (existsSync(path)) ensureFolder(path, mode);
  else guarded(path, () => mkdirSync(path, { mode }));
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

function writeAll(file: number, content: Uint8Array | string): void {
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

/** Starts to replace a file durably, for content that comes in pieces. Faults are `disk-unwritable`. */
export function startReplacement(path: string, mode: number = SHARED_FILE): Replacement {
  const aside = `${path}.new`;
  const file = guarded(path, () => {
    rmSync(aside, { force: true });
    return openSync(aside, "wx", mode);
  });
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
        renameSync(aside, path);
        syncFolder(dirname(path));
      }),
    discard,
  };
}

/** Replaces a file durably with content that is at hand. Faults are `disk-unwritable`. */
export function replaceFile(path: string, content: Uint8Array | string, mode: number = SHARED_FILE): void {
  const replacement = startReplacement(path, mode);
  try {
    replacement.write(content);
  } catch (error) {
    replacement.discard();
    throw error;
  }
  replacement.commit();
}

/** Makes the names in a folder durable: after renames into it. */
export function syncFolder(path: string): void {
  guarded(path, () => {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } catch (error) {
      // Some network shares cannot sync a folder and say EINVAL; there is nothing more to be had from them.
      if (!(error instanceof Error && "code" in error && error.code === "EINVAL")) throw error;
    } finally {
      closeSync(folder);
    }
  });
}

/** Renames without syncing either folder. */
export function moveInto(from: string, to: string): void {
  guarded(to, () => renameSync(from, to));
}

/** Removes a file or a tree; what is not there is fine. */
export function remove(path: string): void {
  guarded(path, () => rmSync(path, { recursive: true, force: true }));
}

/**
 * Makes everything below `folder` durable. One `sync -f`, which is syncfs(2) for its file system,
 * costs a seventh of an fsync per file; where there is no such command, each file and folder is synced.
 * A sync that the disk refuses is `disk-unwritable`: what it covered must be taken for lost.
 */
export async function syncTree(folder: string): Promise<void> {
  const outcome = await new Promise<{ readonly status: number; readonly words: string }>((resolve) => {
    let words = "";
    // In a session of its own: Ctrl-C goes to all programs of the terminal, and must not void the batch.
    const child = spawn("sync", ["-f", folder], { stdio: ["ignore", "ignore", "pipe"], detached: true });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words += text;
    });
    child.once("error", () => resolve({ status: -1, words }));
    child.once("close", (status) => resolve({ status: status ?? 1, words }));
  });
  if (outcome.status === 0) return;
  const absent = outcome.status === -1 || /(invalid|unrecognized|unknown) option|usage:/i.test(outcome.words);
  if (absent) return guarded(folder, () => syncEach(folder));
  throw new OnboardingError(
    `cannot make ${folder} durable: ${outcome.words.trim() || `sync ended with ${outcome.status}`}`,
    {
      code: "disk-unwritable",
    },
  );
}

function syncEach(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncEach(path);
    else if (entry.isFile()) syncFolder(path);
  }
  syncFolder(folder);
}
