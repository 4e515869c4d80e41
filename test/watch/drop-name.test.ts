import { expect, test } from "vitest";
import { isDropName, isWorkbookName, safeDropName } from "../../src/watch/drop-name.ts";

test("manifests are .csv, .tsv and .txt, whatever the case", () => {
  expect(
    ["LOT-A.csv", "lot.CSV", "a.tsv", "a b.Txt", "x.y.csv", "LOT.csv.", "LOT.csv ", "a\nb.csv"].filter(
      (name) => !isDropName(name),
    ),
  ).toEqual([]);
});

test("workbooks are taken too, so that they can be refused with a word", () => {
  const names = ["LOT-A.xlsx", "LOT-A.XLS", "a.xlsm", "a.xlsb", "a.ods", "a.numbers"];
  expect(names.filter((name) => !isDropName(name) || !isWorkbookName(name))).toEqual([]);
  expect(["LOT-A.csv", "xlsx", "a.xlsx.csv"].filter(isWorkbookName)).toEqual([]);
});

test("everything else is left alone: other endings, hidden and temporary files, what lotmint itself lays down", () => {
  const left = [
    "Thumbs.db",
    "desktop.ini",
    "~$LOT-A.xlsx",
    "LOT-A.xlsx.part",
    "LOT-A.xlsx.result.txt",
    "LOT-A.csv.part",
    "LOT-A.csv.ready",
    "LOT-A.csv.crdownload",
    "LOT-A.csv~",
    "~$LOT-A.csv",
    "~LOT-A.csv",
    ".LOT-A.csv",
    "._LOT-A.csv",
    ".~lock.LOT-A.csv#",
    "LOT-A.csv.result.txt",
    "LOT-A.csv.result.json",
    "LOT-A.csv.waiting.txt",
    "LOT-A.csv.result.txt.",
    "csv",
  ];
  expect(left.filter(isDropName)).toEqual([]);
});

test("a name that somebody gives is made one of a visible file in one folder", () => {
  const made: readonly (readonly [given: string, name: string])[] = [
    ["LOT-A.csv", "LOT-A.csv"],
    ["../../state/x.csv", "x.csv"],
    ["C:\\fakepath\\x.csv", "x.csv"],
    ["/etc/passwd", "passwd"],
    [".x.csv", "x.csv"],
    ["~$x.csv", "$x.csv"],
    ["a\u0000\nb\u202ec.csv", "a__b_c.csv"],
    ["a<b>:c|d?e*f%g.csv", "a_b__c_d_e_f_g.csv"],
    ["x.csv. . ", "x.csv"],
    ["NUL.csv", "_NUL.csv"],
    ["L\u00fcneburg.csv", "L\u00fcneburg.csv"],
    ["Lu\u0308neburg.csv", "L\u00fcneburg.csv"],
    ["\ud800.csv", "\ufffd.csv"],
    ["..", ""],
  ];
  expect(made.map(([given]) => safeDropName(given))).toEqual(made.map(([, name]) => name));
  expect(safeDropName(`${"x".repeat(500)}.csv`)).toBe(`${"x".repeat(196)}.csv`);
});
