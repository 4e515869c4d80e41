import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { PLAIN_FORM, type TakenForm } from "../../src/domain/manifest-form.ts";
import type { RejectRecord } from "../../src/domain/report.ts";
import { readManifest } from "../../src/manifest/read-manifest.ts";
import { type RejectsOptions, rejectsCsv, rejectsMode } from "../../src/report/rejects-csv.ts";
import { octetsOf, pagesOf, textOf } from "../fixtures/lot-report.ts";

/** A lot of these manifests. */
function of(...headers: readonly (readonly string[])[]): RejectsOptions {
  return { lot: "L1", manifests: headers.map((header) => ({ kind: "full", header })) };
}

function reject(cells: Readonly<Record<string, string>>, line = 2, reason = "no id"): RejectRecord {
  return { line, externalId: cells["id"] ?? "", reason, cells, device: false };
}

test("a reject has the manifest's own columns, then lot, line and reason", async () => {
  const cells = { "Device ID": "SN 1", Label: "Pump; left" };
  const text = await textOf(rejectsCsv(of(["Device ID", "Label"]), pagesOf([reject(cells, 7, "id holds a space")])));
  expect(text).toBe("Device ID,Label,lotmint:lot,lotmint:line,lotmint:reason\nSN 1,Pump; left,L1,7,id holds a space\n");
});

test("headers of several manifests are joined in order, and lotmint's own columns stand once, at the end", async () => {
  const headers = [
    ["id", "name"],
    ["id", "path", "name", "lotmint:lot", "LOTMINT:line"],
  ];
  const pages = pagesOf([reject({ id: "a", name: "n" })], [], [reject({ id: "b", path: "p" }, 3)]);
  expect((await textOf(rejectsCsv(of(...headers), pages))).split("\n")).toEqual([
    "id,name,path,lotmint:lot,lotmint:line,lotmint:reason",
    "a,n,,L1,2,no id",
    "b,,p,L1,3,no id",
    "",
  ]);
});

test("without rejects there is the header alone", async () => {
  expect(await textOf(rejectsCsv(of(["id"]), pagesOf()))).toBe("id,lotmint:lot,lotmint:line,lotmint:reason\n");
});

test("a column with the name of an object's own is a column", async () => {
  const text = await textOf(rejectsCsv(of(["id", "constructor", "__proto__"]), pagesOf([reject({ id: "a" })])));
  expect(text.split("\n")[1]).toBe("a,,,L1,2,no id");
});

test("whatever a cell holds, a CSV reader gets it back the same, formulas and line breaks included", async () => {
  const cell = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", " ", "\t", ";", "=", "a") }),
  );
  await fc.assert(
    fc.asyncProperty(cell, cell, cell, async (id, name, reason) => {
      const text = await textOf(rejectsCsv(of(["id", "name"]), pagesOf([reject({ id, name }, 2, reason)])));
      const [, row] = parse(text, { record_delimiter: "\n" });
      expect(row).toEqual([id, name, "L1", "2", reason]);
    }),
  );
});

const GERMAN: TakenForm = { ...PLAIN_FORM, separator: ";", mark: true, lineEnd: "\r\n", readers: 0o644 };
const written = (form: TakenForm, ...rejects: readonly RejectRecord[]) =>
  octetsOf(rejectsCsv({ lot: "L1", manifests: [{ kind: "full", header: ["id", "name"], form }] }, pagesOf(rejects)));

test("the file is written as its manifest was: separator, byte order mark, line ends", async () => {
  const octets = await written(GERMAN, reject({ id: "SN 1", name: 'a;"b",c' }, 7, "the id holds whitespace"));
  expect(octets.toString("utf8")).toBe(
    '\ufeffid;name;lotmint:lot;lotmint:line;lotmint:reason\r\nSN 1;"a;""b"",c";L1;7;the id holds whitespace\r\n',
  );
});

test.each(["utf-16le", "utf-16be"] as const)("a manifest in %s gets its rejects in it", async (encoding) => {
  const octets = await written({ ...GERMAN, encoding, separator: "\t" }, reject({ id: "SN 1", name: "Gerät" }));
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(octets);
  expect(text).toBe("\ufeffid\tname\tlotmint:lot\tlotmint:line\tlotmint:reason\r\nSN 1\tGerät\tL1\t2\tno id\r\n");
});

test("a first line that names the separator comes back too, since a spreadsheet of another country needs it", async () => {
  const octets = await written({ ...PLAIN_FORM, separatorLine: true, readers: 0o644 }, reject({ id: "SN 1" }));
  expect(octets.toString("utf8").split("\n").slice(0, 2)).toEqual([
    "sep=,",
    "id,name,lotmint:lot,lotmint:line,lotmint:reason",
  ]);
});

test("the newest whole manifest decides; a corrected file that another program saved does not", async () => {
  const manifests = [
    { kind: "full", header: ["id"], form: { ...GERMAN, separator: "," } },
    { kind: "full", header: ["id"], form: GERMAN },
    { kind: "mended", header: ["id"], form: { ...PLAIN_FORM, readers: 0o644 } },
  ] as const;
  const text = await textOf(rejectsCsv({ lot: "L1", manifests }, pagesOf([reject({ id: "x" })])));
  expect(text.split("\r\n")[0]).toBe("\ufeffid;lotmint:lot;lotmint:line;lotmint:reason");
});

test("secret columns are left out, also of what was recorded before the job called them secret", async () => {
  const header = ["id", "App_Key", "Credentials", "name"];
  const options = { lot: "L1", manifests: [{ kind: "full", header }], secretColumns: ["app_key"] } as const;
  const row = reject({ id: "a", App_Key: "k3y", Credentials: "pa55", name: "n" });
  expect(await textOf(rejectsCsv(options, pagesOf([row])))).toBe(
    "id,name,lotmint:lot,lotmint:line,lotmint:reason\na,n,L1,2,no id\n",
  );
});

test("nobody reads in it what he could not read in each of the manifests", () => {
  const manifest = (readers: number) => ({ kind: "full", header: [], form: { ...GERMAN, readers } }) as const;
  expect(rejectsMode([])).toBe(0o644);
  expect(rejectsMode([{ kind: "full", header: [] }])).toBe(0o644);
  expect(rejectsMode([manifest(0o644), manifest(0o640)])).toBe(0o640);
  expect(rejectsMode([manifest(0o600), manifest(0o644)])).toBe(0o600);
});

test("a German spreadsheet opens the file, saves it, and it is the same lot's rows again", async () => {
  const rows = [
    reject({ id: "SN 1", name: 'Ger\u00e4t; gro\u00df, "links"' }, 7, "the id holds whitespace; correct it"),
    reject({ id: "", name: "zwei\nZeilen" }, 9, "the id is empty"),
  ];
  const opened = await written(GERMAN, ...rows);
  // As Excel does: quotes only where it needs them, every row as long as the widest, an empty row at the end.
  const cells = parse(opened, { delimiter: ";", bom: true, record_delimiter: "\r\n" }) as string[][];
  const saved = stringify([...cells.map((row) => [...row, ""]), ["", "", "", "", "", ""]], {
    bom: true,
    delimiter: ";",
    record_delimiter: "windows",
    quoted_match: /[\r\n]/,
  });
  const folder = mkdtempSync(join(tmpdir(), "lotmint-rejects-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "rejects.csv"), saved.replace("SN 1", "SN-1"));
  const manifest = await readManifest(join(folder, "rejects.csv"), { columns: {} });
  const read = [];
  for await (const batch of manifest.rows) read.push(...batch);
  expect(manifest.correctedLot).toBe("L1");
  expect(read).toEqual([
    { line: 7, cells: { id: "SN-1", name: rows[0]?.cells["name"] }, problems: [] },
    { line: 9, cells: { id: "", name: "zwei\nZeilen" }, problems: [] },
  ]);
});
