import { mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { unfollowedFlags } from "../../src/disk/open-unfollowed.ts";

test("a link is not followed where the system can say so", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-link-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), "");
  symlinkSync(join(folder, "file"), join(folder, "link"));
  expect(() => openSync(join(folder, "link"), unfollowedFlags())).toThrow(/ELOOP/);
});

test("on Windows, which has no such flags, a file is opened for reading", () => {
  expect(unfollowedFlags({ O_RDONLY: 0 })).toBe(0);
});
