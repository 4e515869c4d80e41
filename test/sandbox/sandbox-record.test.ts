import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { homeLayout } from "../../src/disk/layout.ts";
import { openSandboxRecord, sandboxPassword } from "../../src/sandbox/sandbox-record.ts";

const DAY_MS = 86_400_000;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-record-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a home's sandbox has three different ports and one password, the same each time", async () => {
  const home = homeLayout(folder);
  const now = Date.now();
  const first = await openSandboxRecord(home, now);
  expect(new Set(Object.values(first.record.ports)).size).toBe(3);
  expect(await openSandboxRecord(home, now + 300 * DAY_MS)).toEqual(first);
  const password = sandboxPassword(home);
  expect(password.length).toBeGreaterThan(20);
  expect(sandboxPassword(home)).toBe(password);
});

test("a server certificate that is about to expire is renewed, and that is told", async () => {
  const home = homeLayout(folder);
  const first = await openSandboxRecord(home, Date.now());
  const later = await openSandboxRecord(home, Date.now() + 350 * DAY_MS);
  expect(later.renewed).toBe(true);
  expect(later.record.identity.caPem).not.toBe(first.record.identity.caPem);
  expect(later.record.ports).toEqual(first.record.ports);
});
