import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { OnboardingError } from "../domain/error.ts";
import { diskError } from "./disk-error.ts";
import { commitFilled, NO_LINKS, SHARED_FILE, syncFolder, writeAll } from "./durable.ts";
import { renameOver } from "./rename.ts";
import { stagingName } from "./staging.ts";

/** A new file that is being written aside; nothing is at its place until `commit`. */
export interface NewFile {
  write(content: Uint8Array | string): void;
  /** Syncs, gives it its name, syncs the folder. A place that has been taken meanwhile is `usage`, and is left as it is. */
  commit(): void;
  /** Removes what was written. */
  discard(): void;
}

/**
 * Starts to put a whole file in a place where none must be yet, durably, for content that comes in pieces. A place
 * that is taken is `usage` and is left as it is; all else that goes wrong is `disk-unwritable`.
 */
export function startNewFile(path: string, mode: number = SHARED_FILE): NewFile {
  checkVacant(path);
  const aside = join(dirname(path), stagingName(basename(path)));
  const guarded = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw diskError(error, path);
    }
  };
  const file = guarded(() => openSync(aside, "wx", mode));
  let open = true;
  const close = () => {
    if (open) closeSync(file);
    open = false;
  };
  const discard = () => {
    close();
    rmSync(aside, { force: true });
  };
  return {
    write: (content) => guarded(() => writeAll(file, content)),
    commit: () => {
      try {
        guarded(() => {
          fsyncSync(file);
          close();
          nameIt(aside, path);
          syncFolder(dirname(path));
        });
      } finally {
        discard();
      }
    },
    discard,
  };
}

/** The same with content that is at hand. */
export function placeNewFile(path: string, content: string, mode: number = SHARED_FILE): void {
  commitFilled(startNewFile(path, mode), (write) => write(content));
}

/** Refuses (`usage`) a place that is taken. */
export function checkVacant(path: string): void {
  if (existsSync(path)) throw taken(path);
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
    renameOver(aside, path);
  }
}

function taken(path: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`${path} is there already and is not overwritten; name another file`, {
    code: "usage",
    cause,
  });
}
