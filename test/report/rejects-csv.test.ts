import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { RejectRecord } from "../../src/domain/report.ts";
import { rejectsCsv } from "../../src/report/rejects-csv.ts";
import { pagesOf, textOf } from "../fixtures/lot-report.ts";

function reject(cells: Readonly<Record<string, string>>, line = 2, reason = "no id"): RejectRecord {
  return { line, externalId: cells["id"] ?? "", reason, cells, device: false };
}

test("a reject has the manifest's own columns, then lot, line and reason", async () => {
  const cells = { "Device ID": "SN 1", Label: "Pump; left" };
  const text = await textOf(
    rejectsCsv("L1", [["Device ID", "Label"]], pagesOf([reject(cells, 7, "id holds a space")])),
  );
  expect(text).toBe("Device ID,Label,lotmint:lot,lotmint:line,lotmint:reason\nSN 1,Pump; left,L1,7,id holds a space\n");
});

test("headers of several manifests are joined in order, and lotmint's own columns stand once, at the end", async () => {
  const headers = [
    ["id", "name"],
    ["id", "path", "name", "lotmint:lot", "LOTMINT:line"],
  ];
  const pages = pagesOf([reject({ id: "a", name: "n" })], [], [reject({ id: "b", path: "p" }, 3)]);
  expect((await textOf(rejectsCsv("L1", headers, pages))).split("\n")).toEqual([
    "id,name,path,lotmint:lot,lotmint:line,lotmint:reason",
    "a,n,,L1,2,no id",
    "b,,p,L1,3,no id",
    "",
  ]);
});

test("without rejects there is the header alone", async () => {
  expect(await textOf(rejectsCsv("L1", [["id"]], pagesOf()))).toBe("id,lotmint:lot,lotmint:line,lotmint:reason\n");
});

test("a column with the name of an object's own is a column", async () => {
  const text = await textOf(rejectsCsv("L1", [["id", "constructor", "__proto__"]], pagesOf([reject({ id: "a" })])));
  expect(text.split("\n")[1]).toBe("a,,,L1,2,no id");
});

test("whatever a cell holds, a CSV reader gets it back the same, formulas and line breaks included", async () => {
  const cell = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", " ", "\t", ";", "=", "a") }),
  );
  await fc.assert(
    fc.asyncProperty(cell, cell, cell, async (id, name, reason) => {
      const text = await textOf(rejectsCsv("L1", [["id", "name"]], pagesOf([reject({ id, name }, 2, reason)])));
      const [, row] = parse(text, { record_delimiter: "\n" });
      expect(row).toEqual([id, name, "L1", "2", reason]);
    }),
  );
});
