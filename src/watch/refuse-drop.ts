import { open } from "node:fs/promises";
import { unfollowedFlags } from "../disk/open-unfollowed.ts";
import { isWorkbookName } from "./drop-name.ts";
import type { Glimpse } from "./find-drops.ts";

/** What the operator is told of a file that is not even opened. */
export interface Refusal {
  /** What is wrong, as a sentence without its full stop. */
  readonly fault: string;
  readonly cure: string;
}

/** For a name that is not UTF-8: what reads it elsewhere would not find the file again. */
export const UNREADABLE_NAME: Refusal = {
  fault: "its name is not UTF-8 (% and two digits stand for each byte that is not ASCII)",
  cure: "Give it a name of plain letters and digits, or set the share's character set to UTF-8, then copy it",
};

/**
 * Why a file is refused before anything is read of it: it is a link, which might lead anywhere, a folder, pipe
 * or device, belongs to somebody else, or may not be read. Undefined when nothing speaks against it. `uid` is the
 * watcher's own.
 */
export function refuseDrop({ kind, uid: owner, mode }: Glimpse, uid: number): Refusal | undefined {
  if (kind === "link") {
    return { fault: "it is a symbolic link, and those are not followed", cure: "Copy the file itself" };
  }
  if (kind === "folder") return { fault: "it is a folder, not a file", cure: "Copy the files that are in it" };
  if (kind === "other") return { fault: "it is no file but a pipe, socket or device", cure: "Copy a file" };
  if (owner !== uid) {
    return {
      fault: `it belongs to another user (number ${owner}), not to the one that watches (number ${uid})`,
      cure: "Copy it as that user, or through a share that maps to that user,",
    };
  }
  if ((mode & 0o400) === 0) {
    return {
      fault: "its permissions do not let lotmint read it",
      cure: "Give its owner the right to read it, then copy it",
    };
  }
  return undefined;
}

/** Why a file is refused by its name: a workbook is no manifest, and which of its sheets is meant only its owner knows. */
export function refuseName(name: string): Refusal | undefined {
  if (!isWorkbookName(name)) return undefined;
  return {
    fault: "it is a workbook of a spreadsheet program, and a manifest is a CSV file",
    cure: "Open it and save as CSV UTF-8, then copy the .csv file",
  };
}

/** Whether a file can be opened and read at this moment. A link is not followed, a pipe not waited for. */
export async function isReadable(path: string): Promise<boolean> {
  try {
    const file = await open(path, unfollowedFlags());
    try {
      await file.read(Buffer.alloc(1), 0, 1, 0);
      return true;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
