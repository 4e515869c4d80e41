import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findDrops, glimpseAt, isSame } from "../../src/watch/find-drops.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-drops-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a look tells files from links and pipes, and from folders, and follows none", async () => {
  writeFileSync(join(folder, "a.csv"), "id\n");
  symlinkSync("/etc/passwd", join(folder, "b.csv"));
  execFileSync("mkfifo", [join(folder, "c.csv")]);
  mkdirSync(join(folder, "d.csv"));
  const found = await findDrops(folder);
  expect(found.map(({ name, glimpse }) => [name, glimpse.kind]).sort()).toEqual([
    ["a.csv", "file"],
    ["b.csv", "link"],
    ["c.csv", "other"],
    ["d.csv", "folder"],
  ]);
});

test("a name that is not UTF-8 is told with % signs, apart from a file that is really called so", async () => {
  const raw = Buffer.concat([Buffer.from(`${folder}/L`), Buffer.from([0xfc]), Buffer.from(".csv")]);
  writeFileSync(raw, "id\n");
  writeFileSync(join(folder, "L%FC.csv"), "id\n");
  writeFileSync(Buffer.concat([raw, Buffer.from(".ready")]), "");
  const found = await findDrops(folder);
  expect(found.map(({ name, rawPath, ready }) => [name, rawPath, ready]).sort()).toEqual([
    ["L%FC-2.csv", raw, true],
    ["L%FC.csv", undefined, false],
  ]);
});

test("a file is ready when NAME.ready lies beside it", async () => {
  for (const name of ["a.csv", "b.csv", "a.csv.ready"]) writeFileSync(join(folder, name), "");
  const found = await findDrops(folder);
  expect(found.map(({ name, ready }) => [name, ready]).sort()).toEqual([
    ["a.csv", true],
    ["b.csv", false],
  ]);
});

test("a folder that is gone is a problem, not an empty one", async () => {
  await expect(findDrops(join(folder, "gone"))).rejects.toThrowError(expect.objectContaining({ code: "ENOENT" }));
});

test("a file that another one has replaced is not the same, one that has been renamed is", async () => {
  const path = join(folder, "a.csv");
  writeFileSync(path, "id\n1\n");
  const first = await glimpseAt(path);
  renameSync(path, join(folder, "b.csv"));
  const renamed = await glimpseAt(join(folder, "b.csv"));
  writeFileSync(path, "id\n2\n");
  const other = await glimpseAt(path);
  if (first === undefined || renamed === undefined || other === undefined) throw new Error("a file is missing");
  expect(isSame(first, renamed, true)).toBe(true);
  expect(isSame(first, other, true)).toBe(false);
});
