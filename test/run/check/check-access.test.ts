import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Readers } from "../../../src/config/access-list.ts";
import { homeLayout, lotLayout } from "../../../src/disk/layout.ts";
import { checkAccess } from "../../../src/run/check/check-access.ts";
import type { Difference } from "../../../src/verify/difference.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-access-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

function lot() {
  const layout = lotLayout(homeLayout(folder), "L1");
  mkdirSync(layout.devices, { recursive: true });
  mkdirSync(layout.secrets, { mode: 0o700 });
  writeFileSync(layout.passwords, "", { mode: 0o600 });
  const differences: Difference[] = [];
  const check = {
    layout,
    notes: new Set<string>(),
    tell: (...found: readonly Difference[]) => void differences.push(...found),
  };
  return {
    layout,
    check,
    differences,
    guarded: [
      [layout.secrets, 0o700],
      [layout.passwords, 0o600],
    ] as const,
  };
}

test("on Windows the passwords and the devices' folder are judged by access lists", () => {
  const { layout, check, differences, guarded } = lot();
  const open = new Set([layout.devices, layout.passwords]);
  const readers = (path: string): Readers => ({ others: open.has(path) ? ["BU"] : [], owner: "S-1-5-21-1" });
  checkAccess(guarded, check, { system: "win32", readers });
  expect(differences.map(({ what, found }) => [what, found])).toEqual([
    [`who may read ${layout.devices}`, "also BU"],
    [`who may read ${layout.passwords}`, "also BU"],
  ]);
  expect([...check.notes]).toEqual([]);
});

test("what cannot be found out is noted once for the whole lot", () => {
  const { check, differences, guarded } = lot();
  let asked = 0;
  const readers = (): Readers => {
    asked += 1;
    return { unknown: "icacls is missing" };
  };
  checkAccess(guarded, check, { system: "win32", readers });
  expect([...check.notes]).toEqual([expect.stringContaining("icacls is missing")]);
  expect([asked, differences]).toEqual([1, []]);
});

test("elsewhere modes decide", () => {
  const { layout, check, differences, guarded } = lot();
  chmodSync(layout.passwords, 0o640);
  checkAccess(guarded, check, { system: "linux" });
  expect(differences).toEqual([
    { externalId: "", what: `mode of ${layout.passwords}`, expected: "0600", found: "0640" },
  ]);
});
