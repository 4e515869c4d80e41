import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Inode, NewInode, Snapshot } from "./operations.ts";

/** Takes down what is in these folders, none of which is inside another. */
export function readTree(paths: readonly string[]): { readonly base: Snapshot; readonly inodes: Map<Inode, NewInode> } {
  const inodes = new Map<Inode, NewInode>();
  const contents = new Map<Inode, Buffer>();
  const entries = new Map<Inode, Map<string, Inode>>();
  const known = new Map<string, Inode>();
  const take = (path: string): Inode => {
    const status = lstatSync(path);
    const { dev, ino, mode } = status;
    const key = `${dev}:${ino}`;
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    if (!status.isFile() && !status.isDirectory()) throw new Error(`${path} is neither a file nor a folder`);
    const inode = inodes.size;
    known.set(key, inode);
    inodes.set(inode, { kind: status.isFile() ? "file" : "folder", mode: mode & 0o7777, volume: dev });
    if (status.isFile()) contents.set(inode, readFileSync(path));
    else entries.set(inode, new Map(readdirSync(path).map((name) => [name, take(join(path, name))])));
    return inode;
  };
  const roots = paths.map((path) => ({ path, inode: take(path) }));
  return { base: { roots, contents, entries }, inodes };
}
