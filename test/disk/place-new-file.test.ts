import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkVacant, placeNewFile } from "../../src/disk/place-new-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-place-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** For the length of `act` the file system has no hard links, as a USB stick's has none. */
function withoutLinks(act: () => void): void {
  const { linkSync } = fs;
  fs.linkSync = () => {
    throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
  };
  syncBuiltinESMExports();
  try {
    act();
  } finally {
    fs.linkSync = linkSync;
    syncBuiltinESMExports();
  }
}

describe("placeNewFile", () => {
  test("puts the whole content in its place, and leaves nothing beside it", () => {
    placeNewFile(join(folder, "chain.pem"), "content\n");
    expect(readFileSync(join(folder, "chain.pem"), "utf8")).toBe("content\n");
    expect(statSync(join(folder, "chain.pem")).mode & 0o600).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["chain.pem"]);
  });

  test.each([
    ["with links", (act: () => void) => act()],
    ["without links", withoutLinks],
  ])("never overwrites, on a file system %s", (_name, on) => {
    const path = join(folder, "chain.pem");
    on(() => {
      placeNewFile(path, "first");
      expect(() => placeNewFile(path, "second")).toThrow(expect.objectContaining({ code: "usage" }));
    });
    expect(readFileSync(path, "utf8")).toBe("first");
    expect(readdirSync(folder)).toEqual(["chain.pem"]);
  });

  test("names the place that cannot be written", () => {
    const path = join(folder, "nowhere", "chain.pem");
    expect(() => placeNewFile(path, "x")).toThrow(
      expect.objectContaining({ code: "disk-unwritable", message: expect.stringContaining(path) }),
    );
    mkdirSync(join(folder, "taken"));
    expect(() => placeNewFile(join(folder, "taken"), "x")).toThrow(expect.objectContaining({ code: "usage" }));
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
  });
});

test("a place is vacant until something stands there", () => {
  const path = join(folder, "x");
  expect(checkVacant(path)).toBeUndefined();
  writeFileSync(path, "");
  expect(() => checkVacant(path)).toThrow(/is there already and is not overwritten/);
});
