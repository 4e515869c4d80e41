import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { glimpseAt } from "../../src/watch/find-drops.ts";
import { isReadable, refuseDrop, refuseName } from "../../src/watch/refuse-drop.ts";

const UID = getuid?.() ?? 0;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-refuse-"));
  file = join(folder, "a.csv");
  writeFileSync(file, "id\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function problem(path: string, uid = UID): Promise<string | undefined> {
  const glimpse = await glimpseAt(path);
  return glimpse === undefined ? "gone" : refuseDrop(glimpse, uid)?.problem;
}

test("an ordinary file of the watcher's own is taken", async () => {
  expect(await problem(file)).toBeUndefined();
});

test("links, files of others and files that may not be read are refused with the reason", async () => {
  symlinkSync(file, join(folder, "link.csv"));
  expect(await problem(join(folder, "link.csv"))).toContain("symbolic link");
  expect(await problem(file, UID + 1)).toContain("another user");
  chmodSync(file, 0o044);
  expect(await problem(file)).toContain("permissions");
});

test("a workbook is refused by its name, with what to save it as", () => {
  expect(refuseName("LOT.csv")).toBeUndefined();
  for (const name of ["LOT.xlsx", "LOT.XLS", "LOT.ods", "LOT.numbers"]) {
    expect(refuseName(name)).toEqual({
      problem: "it is a workbook of a spreadsheet program, and a manifest is a CSV file",
      cure: "Open it and save as CSV UTF-8, then copy the .csv file",
    });
  }
});

test("what can be opened is readable; a link is not followed, and a file that is gone is not there", async () => {
  symlinkSync(file, join(folder, "link.csv"));
  expect(await isReadable(file)).toBe(true);
  expect(await isReadable(join(folder, "link.csv"))).toBe(false);
  expect(await isReadable(join(folder, "gone.csv"))).toBe(false);
});
