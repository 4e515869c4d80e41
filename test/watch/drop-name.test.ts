import { expect, test } from "vitest";
import { isDropName } from "../../src/watch/drop-name.ts";

test("manifests are .csv, .tsv and .txt, whatever the case", () => {
  expect(
    ["LOT-A.csv", "lot.CSV", "a.tsv", "a b.Txt", "x.y.csv", "LOT.csv.", "LOT.csv ", "a\nb.csv"].filter(
      (name) => !isDropName(name),
    ),
  ).toEqual([]);
});

test("everything else is left alone: other endings, hidden and temporary files, what lotmint itself lays down", () => {
  const left = [
    "Thumbs.db",
    "desktop.ini",
    "LOT-A.xlsx",
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
