import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packArchive, unpackArchive } from "../../src/disk/archive.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-archive-"));
  for (const name of ["from/deep", "to"]) mkdirSync(join(folder, name), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

test("what was packed comes out the same", async () => {
  writeFileSync(at("from/deep/key.pem"), "key", { mode: 0o600 });
  writeFileSync(at("from/ledger.sqlite"), Buffer.alloc(300_000, 7));
  await packArchive(at("a.tar"), at("from"));
  expect(statSync(at("a.tar")).mode & 0o777).toBe(0o600);
  await unpackArchive(at("a.tar"), at("to"));
  expect(readFileSync(at("to/deep/key.pem"), "utf8")).toBe("key");
  expect(readFileSync(at("to/ledger.sqlite"))).toEqual(Buffer.alloc(300_000, 7));
});

test("packing leaves a file alone that has the archive's name and more", async () => {
  writeFileSync(at("a.tar.new"), "mine");
  await packArchive(at("a.tar"), at("from"));
  expect(readFileSync(at("a.tar.new"), "utf8")).toBe("mine");
  expect(readdirSync(folder).sort()).toEqual(["a.tar", "a.tar.new", "from", "to"]);
});

test("an archive whose name is taken while it is packed takes nobody's place", async () => {
  writeFileSync(at("from/file"), "content");
  const packed = packArchive(at("a.tar"), at("from"));
  writeFileSync(at("a.tar"), "faster");
  await expect(packed).rejects.toMatchObject({ code: "usage" });
  expect(readFileSync(at("a.tar"), "utf8")).toBe("faster");
  expect(readdirSync(folder).sort()).toEqual(["a.tar", "from", "to"]);
});

test("an archive that is there is not overwritten", async () => {
  writeFileSync(at("a.tar"), "mine");
  await expect(packArchive(at("a.tar"), at("from"))).rejects.toMatchObject({ code: "usage" });
  expect(readFileSync(at("a.tar"), "utf8")).toBe("mine");
});

test("a file beside it that is called like its replacement is the user's, and stays", async () => {
  writeFileSync(at("a.tar.new"), "mine");
  await packArchive(at("a.tar"), at("from"));
  expect(readFileSync(at("a.tar.new"), "utf8")).toBe("mine");
  expect(readdirSync(folder).sort()).toEqual(["a.tar", "a.tar.new", "from", "to"]);
});

test("a link in an archive is not followed, and nothing of that archive stays", async () => {
  symlinkSync("/etc", at("from/link"));
  await create({ file: at("a.tar"), cwd: at("from") }, ["."]);
  await expect(unpackArchive(at("a.tar"), at("to"))).rejects.toMatchObject({ code: "usage" });
  expect(existsSync(at("to"))).toBe(false);
});

test("a path that leads out of the folder is refused", async () => {
  writeFileSync(at("outside"), "mine");
  await create({ file: at("a.tar"), cwd: at("from"), preservePaths: true }, ["../outside"]);
  writeFileSync(at("outside"), "changed since");
  await expect(unpackArchive(at("a.tar"), at("to"))).rejects.toMatchObject({ code: "usage" });
  expect(readFileSync(at("outside"), "utf8")).toBe("changed since");
});

test("an archive that is not there, or is none, is told", async () => {
  await expect(unpackArchive(at("none.tar"), at("to"))).rejects.toMatchObject({ code: "usage" });
  mkdirSync(at("to"), { recursive: true });
  writeFileSync(at("none.tar"), "nothing of the kind".repeat(1000));
  await expect(unpackArchive(at("none.tar"), at("to"))).rejects.toMatchObject({ code: "usage" });
});
