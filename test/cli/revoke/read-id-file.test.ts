import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readIdFile } from "../../../src/cli/revoke/read-id-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-ids-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function readAll(...of: Parameters<typeof readIdFile>): Promise<readonly string[]> {
  return (await Array.fromAsync(readIdFile(...of))).flat();
}

function read(content: string | Buffer): Promise<readonly string[]> {
  writeFileSync(join(folder, "ids.txt"), content);
  return readAll("ids.txt", folder);
}

test("a long list comes in pages, none of which holds all of it", async () => {
  const ids = Array.from({ length: 30_000 }, (_, index) => `SN-${index}`);
  writeFileSync(join(folder, "ids.txt"), ids.map((id) => `${id}\n`).join(""));
  const pages = await Array.fromAsync(readIdFile("ids.txt", folder));
  expect(pages.flat()).toEqual(ids);
  expect(Math.max(...pages.map(({ length }) => length))).toBeLessThan(10_000);
});

test.each([
  ["one id a line", "SN-1\nSN-2\n"],
  ["CRLF, a byte order mark and empty lines", "\ufeff\r\nSN-1\r\n\r\n SN-2 \r\n"],
  ["devices.csv", "id,serialNumber,sha256,notAfter,stage\nSN-1,40,aa,2030,confirmed\nSN-2,41,bb,2030,confirmed\n"],
  ["a CSV with the id elsewhere", 'Serial;"ID"\n1;SN-1\n2;"SN-2"\n'],
  ["a CSV with the id alone", "Id\nSN-1\nSN-2\n"],
  ["a line that names the separator", "sep=;\r\nid;name\r\nSN-1;a,b\r\nSN-2;c\r\n"],
  ["what a spreadsheet leaves", "\ufeffname;\u200bID \n;;\na; SN-1\u00a0\nname;id\nb;SN-2;;\n;\n"],
  ["a rejects file", "id,lotmint:lot,lotmint:line,lotmint:reason\nSN-1,L,2,x\nSN-2,L,3,y\n"],
])("%s", async (_, content) => {
  expect(await read(content)).toEqual(["SN-1", "SN-2"]);
});

test("UTF-16 as a spreadsheet writes it", async () => {
  expect(await read(Buffer.from("\ufeffid\tname\nSN-1\tx\nSN-2\ty\n", "utf16le"))).toEqual(["SN-1", "SN-2"]);
});

test("a file that is not there, that names nobody, or whose CSV has no id is refused by name", async () => {
  await expect(readAll("none.txt", folder)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("none.txt"),
  });
  await expect(read("\n\n")).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("no device") });
  await expect(read("serial,name\n1,x\n")).rejects.toMatchObject({
    code: "usage",
    message:
      'ids.txt, line 1: there is no column id; columns are "serial", "name". Call the column with the ids id, or list one id a line; nothing was done',
  });
});

test("a list of ids in UTF-16, one a line, as > of PowerShell 5 writes it", async () => {
  expect(await read(Buffer.from("\ufeffSN-1\r\nSN-2\r\n", "utf16le"))).toEqual(["SN-1", "SN-2"]);
});

test("a manifest whose id has another header is taken when a lot's manifests call it so", async () => {
  writeFileSync(join(folder, "m.csv"), "Label;Device ID\na;SN-1\nLabel;Device ID\nb;SN-2\n");
  const others = async () => ["id", "device id"];
  expect(await readAll("m.csv", folder, others)).toEqual(["SN-1", "SN-2"]);
  await expect(readAll("m.csv", folder)).rejects.toMatchObject({ code: "usage" });
});

test.each([
  [
    "a number that a spreadsheet broke",
    "id\nSN-1\n8.94901E+18\n",
    "ids.txt, line 3: the value 8.94901E+18 is a number",
  ],
  ["a quote that is never closed", 'id\nSN-1\n"SN-2\n', "ids.txt, line 3, column 1: the quote that opens this cell"],
  ["an Excel file", Buffer.from("504b030414", "hex"), "ids.txt: this is an Excel file or another archive"],
  ["ANSI", Buffer.from("id\nGer\xe4t\n", "latin1"), "ids.txt, line 2: byte 6 is not UTF-8"],
])("%s is refused in words about the list, and nothing is done", async (_, content, message) => {
  await expect(read(content)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(new RegExp(`^${message.replace(/[.+]/g, "\\$&")}.*; nothing was done$`)),
  });
});
