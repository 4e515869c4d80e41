import type { Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDropName } from "./drop-name.ts";

/** What a look at one file tells; its content is not touched, and a link is not followed. */
export interface Glimpse {
  readonly kind: "file" | "link" | "other";
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly device: number;
  readonly inode: number;
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
}

export interface FoundDrop {
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  readonly glimpse: Glimpse;
  /** NAME.ready lies beside it. */
  readonly ready: boolean;
}

/** What in a folder may be a manifest; folders are none. Throws the file system's own faults. */
export async function findDrops(folder: string): Promise<readonly FoundDrop[]> {
  const names = new Set(await readdir(folder));
  const found: FoundDrop[] = [];
  for (const name of names) {
    if (!isDropName(name)) continue;
    const path = join(folder, name);
    const glimpse = await glimpseAt(path);
    if (glimpse !== undefined) found.push({ name, path, glimpse, ready: names.has(readyMark(name)) });
  }
  return found;
}

/** One file; undefined when there is none, or a folder. Throws the file system's own faults. */
export async function glimpseAt(path: string): Promise<Glimpse | undefined> {
  try {
    const stats = await lstat(path);
    return stats.isDirectory() ? undefined : toGlimpse(stats);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The empty file beside a manifest that says: it is whole, take it. */
export function readyMark(path: string): string {
  return `${path}.ready`;
}

/** True when nothing has happened to a file between two looks; `moved`: but for a rename, which changes its ctime. */
export function isSame(a: Glimpse, b: Glimpse, moved = false): boolean {
  return (
    a.kind === b.kind &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.device === b.device &&
    a.inode === b.inode &&
    (moved || a.ctimeMs === b.ctimeMs)
  );
}

function toGlimpse(stats: Stats): Glimpse {
  return {
    kind: stats.isFile() ? "file" : stats.isSymbolicLink() ? "link" : "other",
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    device: stats.dev,
    inode: stats.ino,
    uid: stats.uid,
    mode: stats.mode & 0o7777,
  };
}
