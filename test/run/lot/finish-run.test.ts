import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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

test("a run with nothing to do writes the reports that a run killed after its last commit did not", async () => {
  const lot = join(home, "output/first-0001");
  const reports = ["report.json", "report.html", "devices.csv"];
  const copies = (from: string, to: string) => {
    for (const name of reports) cpSync(join(from, name), join(to, name));
  };
  await runInProcess(["init", "--without-platform"], home, ENV);
  expect((await runInProcess(["run", "first"], home, ENV)).code).toBe(0);
  const aside = join(home, "aside");
  mkdirSync(aside);
  copies(lot, aside);
  appendFileSync(join(home, "input/first-0001.csv"), "ONE-MORE\n");
  expect((await runInProcess(["run", "first"], home, ENV)).code).toBe(0);
  const rows = JSON.parse(readFileSync(join(lot, "report.json"), "utf8")).rows;
  copies(aside, lot);
  expect((await runInProcess(["run", "first"], home, ENV)).code).toBe(0);
  expect(JSON.parse(readFileSync(join(lot, "report.json"), "utf8")).rows).toBe(rows);
  expect(readFileSync(join(lot, "devices.csv"), "utf8")).toContain("\nONE-MORE,");
  // Now they tell what the ledger does, and stay as they are.
  const written = readFileSync(join(lot, "report.json"), "utf8");
  expect((await runInProcess(["run", "first"], home, ENV)).code).toBe(0);
  expect(readFileSync(join(lot, "report.json"), "utf8")).toBe(written);
});
