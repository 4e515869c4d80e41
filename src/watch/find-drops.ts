import { isUtf8 } from "node:buffer";
import type { Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { isDropName } from "./drop-name.ts";

/** What a look at one file tells; its content is not touched, and a link is not followed. */
export interface Glimpse {
  readonly kind: "file" | "link" | "folder" | "other";
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
  /** In text: a name that is not UTF-8 has `%` and two hex digits for every byte that is not ASCII. */
  readonly name: string;
  /** Absolute path, with that name; unique among what one look finds. */
  readonly path: string;
  /** The path as the file system has it, where the name is not UTF-8: `path` leads nowhere then. */
  readonly rawPath?: Buffer;
  readonly glimpse: Glimpse;
  /** NAME.ready lies beside it. */
  readonly ready: boolean;
}

/**
 * What in a folder may be a manifest by its name, whatever it is: files, and what has to be refused, such as folders,
 * links and pipes. Throws the file system's own errors.
 */
export async function findDrops(folder: string): Promise<readonly FoundDrop[]> {
  const rawNames = await readdir(folder, { encoding: "buffer" });
  // As latin1, one character for each byte: no two names are the same.
  const there = new Set(rawNames.map((raw) => raw.toString("latin1")));
  const texts = new Set(rawNames.filter(isUtf8).map((raw) => raw.toString("utf8")));
  const found: FoundDrop[] = [];
  for (const raw of rawNames) {
    const readable = isUtf8(raw);
    const name = readable ? raw.toString("utf8") : freeText(percentName(raw), texts);
    if (!isDropName(name)) continue;
    const path = join(folder, name);
    const rawPath = readable ? undefined : Buffer.concat([Buffer.from(join(folder, "/")), raw]);
    const glimpse = await glimpseAt(rawPath ?? path);
    const ready = there.has(readyMark(raw.toString("latin1")));
    if (glimpse !== undefined) found.push({ name, path, glimpse, ready, ...(rawPath && { rawPath }) });
  }
  return found;
}

function percentName(raw: Buffer): string {
  return [...raw]
    .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase()}`))
    .join("");
}

/** A name that none of `taken` has, and adds it there: a file may really be called `L%FC.csv`. */
function freeText(name: string, taken: Set<string>): string {
  const { name: stem, ext } = parse(name);
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${stem}-${number}${ext}`;
  taken.add(free);
  return free;
}

/** What stands at a path; undefined when nothing does. Throws the file system's own errors. */
export async function glimpseAt(path: string | Buffer): Promise<Glimpse | undefined> {
  try {
    return toGlimpse(await lstat(path));
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
    kind: stats.isFile() ? "file" : stats.isSymbolicLink() ? "link" : stats.isDirectory() ? "folder" : "other",
    size: stats.size,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    device: stats.dev,
    inode: stats.ino,
    uid: stats.uid,
    mode: stats.mode & 0o7777,
  };
}
