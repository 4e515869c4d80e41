import { expect, test } from "vitest";
import type { FoundDrop, Glimpse } from "../../src/watch/find-drops.ts";
import { watchStableFiles } from "../../src/watch/stable-files.ts";

function found(name: string, changes: Partial<Glimpse> = {}, ready = false): FoundDrop {
  const glimpse: Glimpse = {
    kind: "file",
    size: 10,
    mtimeMs: 1,
    ctimeMs: 1,
    device: 1,
    inode: 7,
    uid: 0,
    mode: 0o644,
    ...changes,
  };
  return { name, path: `/input/${name}`, glimpse, ready };
}

function names(arrivals: readonly { readonly name: string }[]): readonly string[] {
  return arrivals.map(({ name }) => name);
}

test("a file counts once size and time have stood still for the whole time", () => {
  const stableFiles = watchStableFiles(5000);
  expect(names(stableFiles.look([found("a")], 0))).toEqual([]);
  expect(names(stableFiles.look([found("a")], 4999))).toEqual([]);
  expect(names(stableFiles.look([found("a")], 5000))).toEqual(["a"]);
});

test("a file that grows, is touched, or is replaced by one of the same size starts anew", () => {
  for (const change of [{ size: 11 }, { mtimeMs: 2 }, { ctimeMs: 2 }, { inode: 8 }]) {
    const stableFiles = watchStableFiles(5000);
    stableFiles.look([found("a")], 0);
    expect(names(stableFiles.look([found("a", change)], 4000))).toEqual([]);
    expect(names(stableFiles.look([found("a", change)], 8000))).toEqual([]);
    expect(names(stableFiles.look([found("a", change)], 9000))).toEqual(["a"]);
  }
});

test("a file marked as ready counts at once", () => {
  expect(names(watchStableFiles(5000).look([found("a", {}, true)], 0))).toEqual(["a"]);
});

test("a file that goes and comes back starts anew", () => {
  const stableFiles = watchStableFiles(5000);
  stableFiles.look([found("a")], 0);
  stableFiles.look([], 1000);
  stableFiles.look([found("a")], 2000);
  expect(names(stableFiles.look([found("a")], 5000))).toEqual([]);
});

test("files come in order of arrival: first seen first, and of one look the one that changed first", () => {
  const stableFiles = watchStableFiles(1000);
  stableFiles.look([found("z", { ctimeMs: 30 }), found("y", { ctimeMs: 20 })], 0);
  const all = [found("a", { ctimeMs: 5 }), found("z", { ctimeMs: 30 }), found("y", { ctimeMs: 20 })];
  stableFiles.look(all, 10);
  expect(names(stableFiles.look(all, 2000))).toEqual(["y", "z", "a"]);
});

test("files of the first look are waited for until they stand, unless they change on and on", () => {
  const stableFiles = watchStableFiles(1000);
  stableFiles.look([found("a"), found("b")], 0);
  expect(stableFiles.unsettled).toBe(2);
  stableFiles.look([found("a"), found("b", { size: 1 }), found("late")], 900);
  expect(stableFiles.unsettled).toBe(2);
  stableFiles.look([found("a"), found("b", { size: 2 }), found("late")], 1100);
  expect(stableFiles.unsettled).toBe(0);
  expect(stableFiles.look([found("a"), found("late")], 2500).map(({ early }) => early)).toEqual([true, false]);
});

test("a look that takes its time makes no file count as settled", () => {
  const stableFiles = watchStableFiles(1000);
  stableFiles.look([found("a", { size: 1 })], 0);
  stableFiles.look([found("a", { size: 2 })], 900);
  expect(stableFiles.unsettled).toBe(1);
  expect(names(stableFiles.look([found("a", { size: 2 })], 60_000))).toEqual(["a"]);
  expect(stableFiles.unsettled).toBe(0);
});
