import { expect, test } from "vitest";
import { type Cut, loseUnsynced } from "./lose-unsynced.ts";
import type { Operation, Recording } from "./operations.ts";

const ROOT = 0;
const FILE = 1;
const OTHER = 2;
const CONTENT = Buffer.from("content");
const CREATE: Operation = { kind: "names", changes: [{ folder: ROOT, name: "file.new", inode: FILE }] };
const WRITE: Operation = { kind: "write", inode: FILE, offset: 0, bytes: CONTENT };
const RENAME: Operation = {
  kind: "names",
  changes: [
    { folder: ROOT, name: "file.new", inode: null },
    { folder: ROOT, name: "file", inode: FILE },
  ],
};

function sync(inode: number, since: number, call: "fsync" | "fdatasync" | "syncfs" = "fsync"): Operation {
  return { kind: "sync", call, inode, since, path: "" };
}

/** The names that are there, with their content, after a cut that loses all that it may lose. */
function after(operations: readonly Operation[], more: Partial<Cut> = {}): Readonly<Record<string, string>> {
  const recording: Recording = {
    base: { roots: [{ path: "/root", inode: ROOT }], contents: new Map(), entries: new Map([[ROOT, new Map()]]) },
    inodes: new Map([
      [ROOT, { kind: "folder", mode: 0o700, volume: 1 }],
      [FILE, { kind: "file", mode: 0o600, volume: 1 }],
      [OTHER, { kind: "folder", mode: 0o700, volume: 1 }],
    ]),
    operations,
  };
  const cut: Cut = { at: operations.length, model: "any", kept: 0, random: () => 0.5, ...more };
  const { contents, entries } = loseUnsynced(recording, cut);
  return Object.fromEntries(
    [...(entries.get(ROOT) ?? [])].map(([name, inode]) => [name, `${contents.get(inode) ?? ""}`]),
  );
}

test("fsync of a file keeps its content and not its name, that of its folder the name and not the content", () => {
  expect(after([CREATE, WRITE, sync(FILE, 2)])).toEqual({});
  expect(after([CREATE, WRITE, sync(ROOT, 2)])).toEqual({ "file.new": "" });
  expect(after([CREATE, WRITE, sync(FILE, 2), sync(ROOT, 3)])).toEqual({ "file.new": "content" });
});

test("syncfs keeps all of its file system, and nothing that was finished after it began", () => {
  expect(after([CREATE, WRITE, sync(ROOT, 2, "syncfs")])).toEqual({ "file.new": "content" });
  expect(after([CREATE, WRITE, sync(ROOT, 1, "syncfs")])).toEqual({ "file.new": "" });
  expect(after([CREATE, WRITE, sync(ROOT, 2, "syncfs")], { at: 2 })).toEqual({});
  expect(after([CREATE, WRITE, sync(ROOT, 2, "syncfs")], { ignore: () => true })).toEqual({});
});

test("a rename is lost as a whole", () => {
  const before = [CREATE, WRITE, sync(ROOT, 2, "syncfs"), RENAME];
  expect(after(before)).toEqual({ "file.new": "content" });
  expect(after([...before, sync(ROOT, 4)])).toEqual({ file: "content" });
  expect(after(before, { kept: 1 })).toEqual({ file: "content" });
});

test("where names are lost in their order, one that was synced keeps those before it", () => {
  const other: Operation = { kind: "names", changes: [{ folder: OTHER, name: "other", inode: null }] };
  const operations = [CREATE, other, sync(OTHER, 2)];
  expect(after(operations)).toEqual({});
  expect(after(operations, { model: "ordered" })).toEqual({ "file.new": "" });
});
