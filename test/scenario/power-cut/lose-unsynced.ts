import { chmodSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Inode, Operation, Recording } from "./operations.ts";

/**
 * - `ordered`: names and modes are lost from some operation on, as a journal loses them (ext4, XFS); contents in any order.
 * - `any`: each name, mode and sector that was not synced may be lost by itself, as far as POSIX permits. A rename is one change.
 */
export type Model = "ordered" | "any";

export interface Cut {
  /** So many operations were finished. */
  readonly at: number;
  readonly model: Model;
  /** How much of what was not synced is there all the same: 0 to 1. */
  readonly kept: number;
  readonly random: () => number;
  /** Syncs that have no effect, to show what breaks without them. */
  readonly ignore?: (sync: Extract<Operation, { readonly kind: "sync" }>) => boolean;
}

/** What disks write as one. */
const SECTOR = 512;

export interface Image {
  readonly contents: ReadonlyMap<Inode, Buffer>;
  readonly entries: ReadonlyMap<Inode, ReadonlyMap<string, Inode>>;
  readonly modes: ReadonlyMap<Inode, number>;
}

/** What the disks may hold after a power cut. */
export function loseUnsynced({ base, inodes, operations }: Recording, cut: Cut): Image {
  const done = operations.slice(0, cut.at);
  const isSynced = findSynced(done, inodes, cut);
  const keep = () => cut.random() < cut.kept;
  // One journal for each volume would lose less at a time; one for all of them permits fewer images.
  const journals = new Map<number, number>();
  const journalEnd = (volume: number): number => {
    const known = journals.get(volume);
    if (known !== undefined) return known;
    const synced = done.findLastIndex(
      (operation, index) => isMetadata(operation) && volumeOf(operation) === volume && isSynced(index),
    );
    const from = synced + 1;
    const end = cut.kept === 0 ? from : cut.kept === 1 ? cut.at : from + Math.floor(cut.random() * (cut.at - from + 1));
    journals.set(volume, end);
    return end;
  };
  const volumeOf = (operation: Operation): number | undefined => {
    const inode =
      operation.kind === "names"
        ? operation.changes.at(-1)?.folder
        : operation.kind === "mode"
          ? operation.inode
          : undefined;
    return inode === undefined ? undefined : inodes.get(inode)?.volume;
  };
  const stays = (operation: Operation, index: number): boolean => {
    if (isSynced(index)) return true;
    return cut.model === "any" ? keep() : index < journalEnd(volumeOf(operation) ?? -1);
  };

  const contents = new Map<Inode, Buffer>([...base.contents].map(([inode, bytes]) => [inode, Buffer.from(bytes)]));
  const entries = new Map([...base.entries].map(([inode, names]) => [inode, new Map(names)]));
  const modes = new Map([...inodes].map(([inode, { mode }]) => [inode, mode]));
  const sizes = new Map<Inode, number>();
  const contentOf = (inode: Inode) => contents.get(inode) ?? Buffer.alloc(0);
  for (const [index, operation] of done.entries()) {
    if (operation.kind === "write") {
      const { inode, offset, bytes } = operation;
      sizes.set(inode, Math.max(sizes.get(inode) ?? contentOf(inode).length, offset + bytes.length));
      const pieces = isSynced(index) ? [{ offset, bytes }] : sectorsOf(offset, bytes).filter(keep);
      for (const piece of pieces) contents.set(inode, patched(contentOf(inode), piece));
    } else if (operation.kind === "size") {
      sizes.set(operation.inode, operation.size);
      if (isSynced(index) || keep()) contents.set(operation.inode, resized(contentOf(operation.inode), operation.size));
    } else if (operation.kind === "mode") {
      if (stays(operation, index)) modes.set(operation.inode, operation.mode);
    } else if (operation.kind === "names" && stays(operation, index)) {
      for (const { folder, name, inode } of operation.changes) {
        const names = entries.get(folder) ?? new Map<string, Inode>();
        entries.set(folder, names);
        if (inode === null) names.delete(name);
        else names.set(name, inode);
      }
    }
  }
  // The size may have come to the disk before the content: then zeros are there.
  for (const [inode, size] of sizes) {
    if (size > contentOf(inode).length && keep()) contents.set(inode, resized(contentOf(inode), size));
  }
  return { contents, entries, modes };
}

function isMetadata({ kind }: Operation): boolean {
  return kind === "names" || kind === "mode";
}

/** Which operations some sync has made durable: one that began after they were finished, and was finished itself. */
function findSynced(
  done: readonly Operation[],
  inodes: Recording["inodes"],
  { ignore }: Cut,
): (index: number) => boolean {
  const data = new Map<Inode, number>();
  const whole = new Map<Inode, number>();
  const volumes = new Map<number, number>();
  let all = 0;
  const raise = <Key>(map: Map<Key, number>, key: Key, since: number) =>
    map.set(key, Math.max(map.get(key) ?? 0, since));
  for (const operation of done) {
    if (operation.kind !== "sync" || ignore?.(operation) === true) continue;
    const { call, inode, since } = operation;
    if (inode === undefined) all = Math.max(all, since);
    else if (call === "syncfs") raise(volumes, inodes.get(inode)?.volume ?? -1, since);
    else {
      raise(data, inode, since);
      if (call === "fsync") raise(whole, inode, since);
    }
  }
  const covered = (index: number, inode: Inode, own: ReadonlyMap<Inode, number>) =>
    index < Math.max(all, own.get(inode) ?? 0, volumes.get(inodes.get(inode)?.volume ?? -1) ?? 0);
  return (index) => {
    const operation = done[index];
    if (operation === undefined || operation.kind === "sync") return false;
    if (operation.kind !== "names") return covered(index, operation.inode, operation.kind === "mode" ? whole : data);
    // Of a rename the folder with the new name decides: to sync the other one does not make the new name durable.
    const folder = operation.changes.at(-1)?.folder;
    return folder !== undefined && covered(index, folder, whole);
  };
}

function sectorsOf(offset: number, bytes: Buffer): { readonly offset: number; readonly bytes: Buffer }[] {
  const sectors: { readonly offset: number; readonly bytes: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = SECTOR - ((offset + at) % SECTOR);
    sectors.push({ offset: offset + at, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return sectors;
}

function patched(content: Buffer, { offset, bytes }: { readonly offset: number; readonly bytes: Buffer }): Buffer {
  const whole = resized(content, Math.max(content.length, offset + bytes.length));
  bytes.copy(whole, offset);
  return whole;
}

function resized(content: Buffer, size: number): Buffer {
  if (size === content.length) return content;
  const other = Buffer.alloc(size);
  content.copy(other, 0, 0, size);
  return other;
}

/** Puts an image in the place of what is in the recorded folders. */
export function placeImage({ base, inodes }: Recording, { contents, entries, modes }: Image): void {
  const placed = new Map<Inode, string>();
  const place = (path: string, inode: Inode) => {
    const mode = modes.get(inode) ?? 0;
    const other = placed.get(inode);
    placed.set(inode, path);
    if (other !== undefined) {
      linkSync(other, path);
      return;
    }
    if (inodes.get(inode)?.kind === "folder") {
      mkdirSync(path, { recursive: true, mode });
      for (const [name, child] of entries.get(inode) ?? []) place(join(path, name), child);
    } else writeFileSync(path, contents.get(inode) ?? "", { mode });
    chmodSync(path, mode);
  };
  for (const { path, inode } of base.roots) {
    rmSync(path, { recursive: true, force: true });
    place(path, inode);
  }
}
