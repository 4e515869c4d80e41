import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  commitFilled,
  ensureFolder,
  ensureFolderAlone,
  makeNewFolder,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  remove,
  replaceFile,
  replaceShared,
  startReplacement,
  syncFolder,
  writeNew,
} from "../../src/disk/durable.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-durable-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test("a new private file is 0600 and its folder 0700, whatever the umask", () => {
  const before = process.umask(0);
  try {
    ensureFolder(join(folder, "a/b"), PRIVATE_FOLDER);
    writeNew(join(folder, "a/b/key"), "secret");
  } finally {
    process.umask(before);
  }
  expect(modeOf(join(folder, "a/b"))).toBe(0o700);
  expect(modeOf(join(folder, "a/b/key"))).toBe(0o600);
});

test("a folder that was open to others is closed when it has to be private", () => {
  mkdirSync(join(folder, "open"), { mode: 0o755 });
  ensureFolder(join(folder, "open"), PRIVATE_FOLDER);
  expect(modeOf(join(folder, "open"))).toBe(0o700);
});

test("content is committed once it is whole, and what its writer gave comes out: at once, or in its own time", async () => {
  const path = join(folder, "list");
  writeFileSync(path, "old");
  const length = commitFilled(startReplacement(path), (write) => {
    write("new");
    expect(readFileSync(path, "utf8")).toBe("old");
    return 3;
  });
  expect([length, readFileSync(path, "utf8")]).toEqual([3, "new"]);
  const filling = commitFilled(startReplacement(path), async (write) => {
    write("new");
    write(await Promise.resolve("er"));
    return 5;
  });
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(await filling).toBe(5);
  expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["newer", ["list"]]);
});

test.each([
  [
    "at once",
    () => {
      throw new Error("the source broke off");
    },
  ],
  ["in its own time", () => Promise.reject(new Error("the source broke off"))],
])("of content that breaks off %s nothing stays, and its own error is thrown", async (_when, breakOff) => {
  const path = join(folder, "list");
  writeFileSync(path, "old");
  const filling = async () =>
    commitFilled(startReplacement(path), (write) => {
      write("new, and not whole");
      return breakOff();
    });
  await expect(filling()).rejects.toThrow("the source broke off");
  expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["old", ["list"]]);
});

test("content of two files that belong together stays away as a whole when either breaks off", () => {
  const [first, second] = [join(folder, "crl.der"), join(folder, "no folder/crl.pem")];
  expect(() => commitFilled(startReplacement(first), () => startReplacement(second))).toThrow(/no folder/);
  expect(readdirSync(folder)).toEqual([]);
});

test("a new file never replaces one that is there", () => {
  writeFileSync(join(folder, "there"), "old");
  expect(() => writeNew(join(folder, "there"), "new")).toThrow(/EEXIST/);
  expect(readFileSync(join(folder, "there"), "utf8")).toBe("old");
});

test("readers see the old content until a replacement is committed, and nothing of one that is given up", () => {
  const path = join(folder, "file");
  replaceFile(path, "old", PRIVATE_FILE);
  const given = startReplacement(path, PRIVATE_FILE);
  given.write("half");
  expect(readFileSync(path, "utf8")).toBe("old");
  given.discard();
  expect(readFileSync(path, "utf8")).toBe("old");
  const kept = startReplacement(path, PRIVATE_FILE);
  kept.write("new ");
  kept.write(Buffer.from("content"));
  kept.commit();
  expect(readFileSync(path, "utf8")).toBe("new content");
  expect(existsSync(`${path}.new`)).toBe(false);
});

test("what a killed replacement left aside does not hinder the next one", () => {
  writeFileSync(join(folder, "file.new"), "left behind");
  replaceFile(join(folder, "file"), "content");
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("content");
});

test("writing below a folder that is gone is told as such", () => {
  expect(() => replaceFile(join(folder, "gone/file"), "content")).toThrow(/gone\/file: the folder is gone/);
});

test("a file that several may replace at once is written aside by each for himself", () => {
  const path = join(folder, "list");
  // What another process is writing.
  const others = [`${path}.new`, join(folder, ".list.0123abcd.new")];
  for (const other of others) writeFileSync(other, "half");
  replaceShared(path, "whole");
  expect(readFileSync(path, "utf8")).toBe("whole");
  for (const other of others) expect(readFileSync(other, "utf8")).toBe("half");
  expect(readdirSync(folder)).toHaveLength(3);
});

test("removing what is not there is fine", () => {
  remove(join(folder, "gone"));
  mkdirSync(join(folder, "tree/deep"), { recursive: true });
  chmodSync(join(folder, "tree"), 0o700);
  remove(join(folder, "tree"));
  expect(existsSync(join(folder, "tree"))).toBe(false);
});

test("a folder that is made alone is private, and none is made for it to stand in", () => {
  ensureFolderAlone(join(folder, "lot"), PRIVATE_FOLDER);
  ensureFolderAlone(join(folder, "lot"), PRIVATE_FOLDER);
  expect(statSync(join(folder, "lot")).mode & 0o777).toBe(0o700);
  expect(() => ensureFolderAlone(join(folder, "drive", "lot"), PRIVATE_FOLDER)).toThrow(
    expect.objectContaining({ code: "disk-unwritable", message: expect.stringContaining("the folder is gone") }),
  );
  expect(existsSync(join(folder, "drive"))).toBe(false);
});

test("a file where a folder belongs is the disk's error, wherever on the way it stands", () => {
  writeFileSync(join(folder, "file"), "");
  for (const path of [join(folder, "file"), join(folder, "file", "below"), join(folder, "file", "far", "below")]) {
    expect(() => ensureFolder(path)).toThrow(
      expect.objectContaining({ code: "disk-unwritable", message: expect.stringContaining("a file stands where") }),
    );
  }
});

test("a folder is synced, but not on Windows, which cannot", () => {
  expect(() => syncFolder(join(folder, "none"), "linux")).toThrow(/none/);
  expect(() => syncFolder(join(folder, "none"), "win32")).not.toThrow();
});

test("a new folder is private whatever the umask, is made alone, and never taken for one that is there", () => {
  const before = process.umask(0);
  try {
    makeNewFolder(join(folder, "new"));
  } finally {
    process.umask(before);
  }
  expect(statSync(join(folder, "new")).mode & 0o777).toBe(PRIVATE_FOLDER);
  expect(() => makeNewFolder(join(folder, "new"))).toThrow(/EEXIST/);
  expect(() => makeNewFolder(join(folder, "none", "new"))).toThrow(
    expect.objectContaining({ code: "disk-unwritable" }),
  );
});
