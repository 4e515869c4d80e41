import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type IndexedPasswords, indexPasswords } from "../../src/verify/index-passwords.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-passwords-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, "passwords.csv");
const listed = (index: IndexedPasswords) => Array.from(index.ids(), (id) => [id, index.get(id)]);
const inText = (text: string) => indexPasswords([{ content: Buffer.from(text), judged: true }]);

test("each line gives an id and its password, with a header or without, from a file or from octets", async () => {
  const text = "SN-1,AAAA\nGerät,BBBB\n";
  writeFileSync(path, `id,password\n${text}`);
  const expected = [
    ["SN-1", "AAAA"],
    ["Gerät", "BBBB"],
  ];
  const index = await indexPasswords([{ content: path, judged: true }]);
  expect([listed(index), index.size, index.problems]).toEqual([expected, 2, []]);
  expect(listed(await inText(text))).toEqual(expected);
  for (const id of ["SN", "SN-1,", "SN-1,AAAA", "SN-2", ""]) expect(index.get(id)).toBeUndefined();
});

test("a list that is not there is an empty list", async () => {
  expect(listed(await indexPasswords([{ content: join(folder, "none.csv"), judged: true }]))).toEqual([]);
});

test("of many lines, more than a block holds, each is found in any order", async () => {
  const lines = Array.from({ length: 30_000 }, (_, index) => [`ACM-${index}`, `P${index}`.padEnd(26, "X")] as const);
  writeFileSync(path, lines.map(([id, password]) => `${id},${password}\n`).join(""));
  const index = await indexPasswords([{ content: path, judged: true }]);
  expect(listed(index)).toEqual(lines);
  const jumping = Array.from({ length: 3000 }, (_, at) => lines[(at * 7919) % lines.length]);
  expect(jumping.map((line) => index.get(line?.[0] ?? ""))).toEqual(jumping.map((line) => line?.[1]));
  expect([index.size, index.problems]).toEqual([30_000, []]);
});

test("of an id that stands in several lists the last one counts, and an earlier list of it is no problem", async () => {
  writeFileSync(path, "a,FILE\nb,FILE\n");
  const index = await indexPasswords([
    { content: Buffer.from("a,OLD\nc,OLD\n"), judged: true },
    { content: path, judged: true },
    { content: Buffer.from("b,NEW\nb,NEWER\n"), judged: false },
  ]);
  expect(Object.fromEntries(listed(index))).toEqual({ a: "FILE", b: "NEWER", c: "OLD" });
  expect([index.size, index.problems]).toEqual([3, []]);
});

test("a list that another one has replaced since gives no password of another device", async () => {
  writeFileSync(path, "a,AAAA\nb,BBBB\n");
  const index = await indexPasswords([{ content: path, judged: true }]);
  const other = join(folder, "other.csv");
  writeFileSync(other, "aa,XXXX\nbb,XXXX\n");
  renameSync(other, path);
  expect([index.get("a"), index.get("b")]).toEqual([undefined, undefined]);
  rmSync(path);
  expect(index.get("a")).toBeUndefined();
});

test("problems are named with their line, and never show a password", async () => {
  const index = await inText(
    'id,password\nSN-1,AAAA\nnothing\nSN-2,\nSN-3,"BBBB"\nSN-1,CCCC\n,DDDD\nSN-5,FF\u00a0FF\nSN-6,GGGG\r\nSN-4,EEEE',
  );
  expect(index.problems).toEqual([
    { line: 3, externalId: "", message: "it is not `id,password`" },
    { line: 4, externalId: "SN-2", message: expect.stringContaining("its password is empty") },
    { line: 5, externalId: "SN-3", message: expect.stringContaining("a character that no password here has") },
    { line: 6, externalId: "SN-1", message: "its id stands on an earlier line too" },
    { line: 7, externalId: "", message: "it is not `id,password`" },
    { line: 8, externalId: "SN-5", message: expect.stringContaining("a character that no password here has") },
    { line: 9, externalId: "SN-6", message: expect.stringContaining("a character that no password here has") },
    { line: 10, externalId: "", message: "it has no line end: the file was cut off" },
  ]);
  expect(listed(index)).toEqual([
    ["SN-1", "CCCC"],
    ["SN-4", "EEEE"],
  ]);
  expect(JSON.stringify(index.problems)).not.toMatch(/AAAA|BBBB|CCCC|DDDD|EEEE|FFFF|GGGG/);
});

test("a file that is no text at all ends in one problem, not in memory", async () => {
  const index = await inText("x".repeat(500_000));
  expect([index.size, index.problems.length]).toEqual([0, 1]);
});
