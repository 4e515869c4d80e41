import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { destroyFolder } from "../../src/disk/destroy-folder.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-destroy-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("every file is overwritten before it goes, and nothing of the folder is left", () => {
  const folder = join(root, "device");
  mkdirSync(join(folder, "inner"), { recursive: true });
  const contents = [Buffer.alloc(200_000, 0x5a), Buffer.from("a private key")];
  const paths = [join(folder, "keystore.p12"), join(folder, "inner", "key.pem")];
  // An open file shows what became of its octets after its name is gone.
  const open = paths.map((path, index) => {
    writeFileSync(path, contents[index] ?? "");
    return openSync(path, "r");
  });
  destroyFolder(folder);
  expect(existsSync(folder)).toBe(false);
  for (const [index, file] of open.entries()) {
    const length = contents[index]?.length ?? 0;
    const found = Buffer.alloc(length + 10);
    expect(readSync(file, found, 0, found.length, 0)).toBe(length);
    expect(found.every((octet) => octet === 0)).toBe(true);
    closeSync(file);
  }
});

test("what a link points to is left alone, and a folder that is not there is fine", () => {
  const folder = join(root, "device");
  mkdirSync(folder);
  const other = join(root, "other.txt");
  writeFileSync(other, "not ours");
  symlinkSync(other, join(folder, "link"));
  destroyFolder(folder);
  destroyFolder(folder);
  expect(readFileSync(other, "utf8")).toBe("not ours");
});
