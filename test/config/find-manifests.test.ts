import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findManifests, matchesManifest } from "../../src/config/find-manifests.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-manifests-"));
beforeAll(() => {
  for (const name of ["L2.csv", "L10.csv", "L1.csv", ".L3.csv", "L1.csv.part", "a[1].csv", "é.csv"])
    writeFileSync(join(folder, name), "");
  mkdirSync(join(folder, "L9.csv"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["L*.csv", ["L1.csv", "L10.csv", "L2.csv"]],
  ["L?.csv", ["L1.csv", "L2.csv"]],
  ["?.csv", ["é.csv"]],
  ["*[1].csv", ["a[1].csv"]],
  ["a[1].csv", ["a[1].csv"]],
  ["X*.csv", []],
])("%s means %j", (pattern, names) => {
  expect(findManifests(join(folder, pattern))).toEqual(names.map((name) => join(folder, name)));
});

test("the case of an ending and the Unicode form of a name do not count", () => {
  const drop = join(folder, "drop");
  mkdirSync(drop);
  for (const name of ["LOT.CSV", "lot2.Csv", "Gera\u0308t-1.csv"]) writeFileSync(join(drop, name), "");
  const found = (pattern: string) => findManifests(join(drop, pattern)).map((path) => path.slice(drop.length + 1));
  expect(found("*.csv")).toEqual(["Gera\u0308t-1.csv", "LOT.CSV", "lot2.Csv"]);
  expect(found("LOT*.csv")).toEqual(["LOT.CSV"]);
  expect(found("Ger\u00e4t-?.CSV")).toEqual(["Gera\u0308t-1.csv"]);
  expect(found("LOT.csv")).toEqual(["LOT.CSV"]);
  expect(matchesManifest("/input/L*.csv", "/input/L7.CSV")).toBe(true);
  expect(matchesManifest("/input/Ger\u00e4t*.csv", "/input/Gera\u0308t-1.csv")).toBe(true);
  expect(matchesManifest("/input/L*.csv", "/input/l7.csv")).toBe(false);
  writeFileSync(join(drop, "LOT.csV"), "");
  expect(() => found("LOT.csv")).toThrow("LOT.csV: name one as it is written");
});

test("a plain path that is no file, a missing folder and a pattern in the folder's name are refused", () => {
  expect(() => findManifests(join(folder, "none.csv"))).toThrow("there is no manifest");
  expect(() => findManifests(join(folder, "L9.csv"))).toThrow("there is no manifest");
  expect(() => findManifests(join(folder, "none", "*.csv"))).toThrow("cannot look for manifests");
  expect(() => findManifests(join(folder, "*", "a.csv"))).toThrow("in the file's name only");
});

test("a pattern means a file of its own folder, there or not, and nothing in other folders", () => {
  expect(matchesManifest("/input/L*.csv", "/input/L7.csv")).toBe(true);
  expect(matchesManifest("/input/L7.csv", "/input/L7.csv")).toBe(true);
  expect(matchesManifest("/input/L*.csv", "/input/XL7.csv")).toBe(false);
  expect(matchesManifest("/input/L*.csv", "/input/work/L7.csv")).toBe(false);
  expect(matchesManifest("/input/a.csv", "/input/abcsv")).toBe(false);
});

test("on Windows drive letters, backslashes and names that differ by case mean one file", () => {
  expect(matchesManifest("C:\\lotmint\\input\\L*.csv", "c:\\lotmint\\Input\\l7.CSV", "win32")).toBe(true);
  expect(matchesManifest("C:\\lotmint\\input\\L*.csv", "D:\\lotmint\\input\\L7.csv", "win32")).toBe(false);
  expect(matchesManifest("C:\\input\\L*.csv", "C:\\input\\work\\L7.csv", "win32")).toBe(false);
  expect(matchesManifest("/input/L*.csv", "/input/l7.csv", "linux")).toBe(false);
});
