import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { receiveFile, TooLargeError } from "../../src/disk/receive-file.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-receive-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a stream becomes a private file, whole", async () => {
  const path = join(folder, "whole");
  expect(await receiveFile(path, Readable.from([Buffer.from("ab"), Buffer.from("c")]), 3)).toBe(3);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["abc", 0o600]);
});

test("one octet too many leaves nothing, and no error of the stream leaves anything either", async () => {
  const path = join(folder, "broken");
  await expect(receiveFile(path, Readable.from([Buffer.from("abcd")]), 3)).rejects.toThrow(TooLargeError);
  async function* breaking() {
    yield Buffer.from("ab");
    throw new Error("broken off");
  }
  await expect(receiveFile(path, Readable.from(breaking()), 9)).rejects.toThrow("broken off");
  expect(existsSync(path)).toBe(false);
});

test("a folder that is gone is told as the disk's error", async () => {
  await expect(receiveFile(join(folder, "none", "file"), Readable.from([]), 1)).rejects.toMatchObject({
    code: "disk-unwritable",
  });
});

test("a file that is there already is not overwritten", async () => {
  const path = join(folder, "whole");
  await expect(receiveFile(path, Readable.from([Buffer.from("x")]), 3)).rejects.toThrow();
  expect(readFileSync(path, "utf8")).toBe("abc");
});
