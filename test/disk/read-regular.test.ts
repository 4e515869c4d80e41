import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readRegular } from "../../src/disk/read-regular.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-regular-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "file");
writeFileSync(file, "octets", { mode: 0o600 });

test("a file comes with its mode and its size", () => {
  const read = readRegular(file, 6);
  expect(read).toMatchObject({ size: 6, content: Buffer.from("octets") });
  expect((read?.mode ?? 0) & 0o777).toBe(0o600);
});

test("a file that is too large is not read", () => {
  expect(readRegular(file, 5)).toMatchObject({ size: 6, content: undefined });
});

test("a link, a folder, a socket and nothing are no files, and none is waited for", async () => {
  symlinkSync(file, join(folder, "link"));
  mkdirSync(join(folder, "folder"));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, "socket"), resolve));
  try {
    for (const name of ["link", "folder", "socket", "none"])
      expect(readRegular(join(folder, name), 99)).toBeUndefined();
  } finally {
    server.close();
  }
});
