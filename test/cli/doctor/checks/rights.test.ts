import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { rightsCheck } from "../../../../src/cli/doctor/checks/rights.ts";
import { homeLayout } from "../../../../src/disk/layout.ts";

function windows(readers: Parameters<typeof rightsCheck.look>[1]) {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-rights-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const home = homeLayout(folder);
  // Open by its mode, which says nothing on Windows.
  mkdirSync(home.state, { mode: 0o777 });
  const scope = { home } as Parameters<typeof rightsCheck.look>[0];
  return { home, found: rightsCheck.look(scope, { system: "win32", ...readers }) };
}

test("on Windows state/ is judged by its access list, with the command that closes it", () => {
  const { home, found } = windows({ readers: () => ({ others: ["BU"], owner: "S-1-5-21-1" }) });
  expect(found).toMatchObject([
    {
      message: `other users may reach ${home.state} (BU)`,
      cure: `icacls "${home.state}" /inheritance:r /grant:r "*S-1-5-21-1:(OI)(CI)F"`,
    },
  ]);
});

test("on Windows a closed state/ is fine whatever mode it shows, and an unknown list is a warning", () => {
  expect(windows({ readers: () => ({ others: [], owner: "S-1-5-21-1" }) }).found).toMatchObject([
    { message: expect.stringMatching(/^what holds keys is private/) },
  ]);
  expect(windows({ readers: () => ({ unknown: "no icacls" }) }).found).toMatchObject([
    { message: expect.stringContaining("no icacls") },
  ]);
});
