import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readPasswordFiles } from "../../src/mint/scan-passwords.ts";

test("of several files an id has the password of the last that names it, and header rows are none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-lists-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [one, other] = [join(folder, "one"), join(folder, "other")];
  writeFileSync(one, "id,password\na,P1\nb,P2\n");
  writeFileSync(other, "id,password\na,P3\n");
  expect([...(await readPasswordFiles([one, other]))]).toEqual([
    ["a", "P3"],
    ["b", "P2"],
  ]);
});
