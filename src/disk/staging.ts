import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { removeTree } from "./remove-tree.ts";

/** Nothing is written aside for this long: what is older was left by a killed command. */
const PATIENCE_MS = 10 * 60_000;

/** A name for a file or folder that is written aside for `name`: hidden, and another one each time, since two may write at once. */
export function stagingName(name: string): string {
  return `.${name}.${randomBytes(4).toString("hex")}.new`;
}

/**
 * Removes what killed commands left of the same `name` beside `mine`, which has just been made: what is ten minutes
 * older, by the clock of the disk itself. Others that are at work are left alone.
 */
export function removeStaged(mine: string, name: string): void {
  const folder = dirname(mine);
  const newest = statSync(mine).mtimeMs;
  for (const found of readdirSync(folder)) {
    if (found === basename(mine) || !isStaged(found, name)) continue;
    const path = join(folder, found);
    const status = statSync(path, { throwIfNoEntry: false });
    if (status !== undefined && newest - status.mtimeMs > PATIENCE_MS) removeTree(path);
  }
}

/**
 * Removes what is left beside `path` of names that it was written under, whatever its age, as far as `isOurs` knows the
 * file's content for one that nobody else is writing: of a killed command, or a second name that a power cut brought back.
 */
export function removeLeftStaged(path: string, isOurs: (staged: string) => boolean): void {
  for (const found of readdirSync(dirname(path))) {
    const staged = join(dirname(path), found);
    if (isStaged(found, basename(path)) && isOurs(staged)) removeTree(staged);
  }
}

/** Earlier versions had no random part. */
function isStaged(found: string, name: string): boolean {
  if (found === `.${name}.new`) return true;
  const [start, end] = [`.${name}.`, ".new"];
  return (
    found.startsWith(start) &&
    found.endsWith(end) &&
    /^[0-9a-f]{8}$/.test(found.slice(start.length, found.length - end.length))
  );
}
