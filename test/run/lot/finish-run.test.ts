import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runInProcess } from "../../scenario/in-process.ts";

const ENV = { LOTMINT_PASSPHRASE: "a passphrase for tests" };
let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "lotmint-finish-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test("a run whose report cannot be written ends with 14 and names the file, although its devices are minted", async () => {
  await runInProcess(["init", "--without-platform"], home, ENV);
  expect((await runInProcess(["run", "first"], home, ENV)).code).toBe(0);
  const page = join(home, "output/first-0001/report.html");
  rmSync(page);
  mkdirSync(join(page, "in its place"), { recursive: true });
  appendFileSync(join(home, "input/first-0001.csv"), "ONE-MORE\n");
  const { code, told } = await runInProcess(["run", "first"], home, ENV);
  expect([code, told.replace(/\s+/g, "")]).toEqual([14, expect.stringContaining("output/first-0001/report.html")]);
});
