import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { removeTree } from "../../src/disk/remove-tree.ts";

test("a tree is removed, and what is not there is fine, under the rules of either system", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-tree-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const system of ["win32", "linux"] as const) {
    mkdirSync(join(folder, "a", "b"), { recursive: true });
    writeFileSync(join(folder, "a", "b", "file"), "");
    removeTree(join(folder, "a"), { system });
    expect(existsSync(join(folder, "a"))).toBe(false);
    expect(() => removeTree(join(folder, "a"), { system })).not.toThrow();
  }
});

test("only on Windows a removal is tried again, for a bounded time", () => {
  const asked: unknown[] = [];
  const rm = (_path: unknown, options: unknown) => void asked.push(options);
  removeTree("a", { system: "linux", rm });
  removeTree("a", { system: "win32", rm });
  const tree = { recursive: true, force: true };
  expect(asked).toEqual([tree, { ...tree, maxRetries: 6, retryDelay: 50 }]);
});
