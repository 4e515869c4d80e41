import { expect, test } from "vitest";
import { isDropName, isWorkbookName } from "../../src/watch/drop-name.ts";

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
