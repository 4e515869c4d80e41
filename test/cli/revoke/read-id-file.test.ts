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

function read(content: string | Buffer): Promise<readonly string[]> {
  writeFileSync(join(folder, "ids.txt"), content);
  return readIdFile("ids.txt", folder);
}

test.each([
  ["one id a line", "SN-1\nSN-2\n"],
  ["CRLF, a byte order mark and empty lines", "\ufeff\r\nSN-1\r\n\r\n SN-2 \r\n"],
  ["devices.csv", "id,serialNumber,sha256,notAfter,stage\nSN-1,40,aa,2030,confirmed\nSN-2,41,bb,2030,confirmed\n"],
  ["a CSV with the id elsewhere", 'Serial;"ID"\n1;SN-1\n2;"SN-2"\n'],
  ["a CSV with the id alone", "Id\nSN-1\nSN-2\n"],
])("%s", async (_, content) => {
  expect(await read(content)).toEqual(["SN-1", "SN-2"]);
});

test("UTF-16 as a spreadsheet writes it", async () => {
  expect(await read(Buffer.from("\ufeffid\tname\nSN-1\tx\nSN-2\ty\n", "utf16le"))).toEqual(["SN-1", "SN-2"]);
});

test("a file that is not there, that names nobody, or whose CSV has no id is refused by name", async () => {
  await expect(readIdFile("none.txt", folder)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("none.txt"),
  });
  await expect(read("\n\n")).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("no device") });
  await expect(read("serial,name\n1,x\n")).rejects.toMatchObject({ code: "usage" });
});
