import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parsePasswords, readPasswords } from "../../src/verify/read-passwords.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-passwords-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("each line gives an id and its password, with a header or without", async () => {
  const path = join(folder, "passwords.csv");
  writeFileSync(path, "id,password\nSN-1,AAAA\nGerät,BBBB\n");
  const listed = await readPasswords(path);
  expect([...(listed?.passwords ?? [])]).toEqual([
    ["SN-1", "AAAA"],
    ["Gerät", "BBBB"],
  ]);
  expect(listed?.problems).toEqual([]);
  const bare = await parsePasswords(["SN-1,AAAA\n"]);
  expect(bare.passwords.get("SN-1")).toBe("AAAA");
});

test("a list that is not there is no list", async () => {
  expect(await readPasswords(join(folder, "none.csv"))).toBeUndefined();
});

test("lines may be cut anywhere between two pieces", async () => {
  const listed = await parsePasswords(["SN-1,AA", "AA\nSN", "-2,BBBB", "\n"]);
  expect([...listed.passwords]).toEqual([
    ["SN-1", "AAAA"],
    ["SN-2", "BBBB"],
  ]);
  expect(listed.problems).toEqual([]);
});

test("problems are named with their line, and never show a password", async () => {
  const text = 'id,password\nSN-1,AAAA\nnothing\nSN-2,\nSN-3,"BBBB"\nSN-1,CCCC\n,DDDD\nSN-4,EEEE';
  const { passwords, problems } = await parsePasswords([text]);
  expect(problems).toEqual([
    { line: 3, externalId: "", message: "it is not `id,password`" },
    { line: 4, externalId: "SN-2", message: expect.stringContaining("its password is empty") },
    { line: 5, externalId: "SN-3", message: expect.stringContaining("a character that no password here has") },
    { line: 6, externalId: "SN-1", message: "its id stands on an earlier line too" },
    { line: 7, externalId: "", message: "it is not `id,password`" },
    { line: 8, externalId: "", message: "it has no line end: the file was cut off" },
  ]);
  expect(passwords.get("SN-1")).toBe("CCCC");
  expect(JSON.stringify(problems)).not.toMatch(/AAAA|BBBB|CCCC|DDDD|EEEE/);
});

test("a file that is no text at all ends in one problem, not in memory", async () => {
  const { passwords, problems } = await parsePasswords(Array.from({ length: 100 }, () => "x".repeat(5000)));
  expect(passwords.size).toBe(0);
  expect(problems).toHaveLength(1);
});
