/** A file or a folder, whatever names it has. */
export type Inode = number;

/** A name in a folder gets a file or folder, or loses the one that it has (null). */
export interface NameChange {
  readonly folder: Inode;
  readonly name: string;
  readonly inode: Inode | null;
}

/** One change of a file system, or one sync, in the order in which they were finished. */
export type Operation =
  | { readonly kind: "write"; readonly inode: Inode; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: "size"; readonly inode: Inode; readonly size: number }
  | { readonly kind: "mode"; readonly inode: Inode; readonly mode: number }
  /** All of them or none: a rename takes one name and gives another. The last one is the one that it was made for. */
  | { readonly kind: "names"; readonly changes: readonly NameChange[] }
  | {
      readonly kind: "sync";
      readonly call: "fsync" | "fdatasync" | "syncfs" | "sync";
      /** undefined: all volumes. */
      readonly inode: Inode | undefined;
      /** What was finished when it began: operations before this one. Those that ran beside it are not covered. */
      readonly since: number;
      /** For people. */
      readonly path: string;
    };

export interface NewInode {
  readonly kind: "file" | "folder";
  readonly mode: number;
  /** Which file system it is on. */
  readonly volume: number;
}

/** What was there before the first operation, all of it durable. */
export interface Snapshot {
  readonly roots: readonly { readonly path: string; readonly inode: Inode }[];
  readonly contents: ReadonlyMap<Inode, Buffer>;
  readonly entries: ReadonlyMap<Inode, ReadonlyMap<string, Inode>>;
}

/** All that a program did to some folders. */
export interface Recording {
  readonly base: Snapshot;
  /** Those of the snapshot and those that were made later. */
  readonly inodes: ReadonlyMap<Inode, NewInode>;
  readonly operations: readonly Operation[];
}
