import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { stripBlanks } from "../../src/domain/blank-text.ts";
import { OnboardingError } from "../../src/domain/error.ts";
import { type Manifest, type ManifestRow, readManifest } from "../../src/manifest/read-manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-manifest-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "m.csv");

async function read(
  content: string | Uint8Array,
  columns: Record<string, string> = {},
): Promise<{ readonly manifest: Manifest; readonly rows: readonly ManifestRow[] }> {
  writeFileSync(path, content);
  const manifest = await readManifest(path, { columns });
  const rows: ManifestRow[] = [];
  for await (const batch of manifest.rows) rows.push(...batch);
  return { manifest, rows };
}

const idsOf = (rows: readonly ManifestRow[]) => rows.map(({ cells }) => cells["id"]);

test("rows come with their lines, cells by the manifest's own names, and the file's digest at the end", async () => {
  const content = '\ufeffid;Name;"hw;rev"\r\n\r\nA1;"one\r\ntwo";r1\nA2;;r2\r\n\n\nA3;"x\n\ny";""\n';
  const { manifest, rows } = await read(content);
  expect(manifest.header.names).toEqual(["id", "Name", "hw;rev"]);
  expect(rows).toEqual([
    { line: 3, cells: { id: "A1", Name: "one\r\ntwo", "hw;rev": "r1" }, problems: [] },
    { line: 5, cells: { id: "A2", Name: "", "hw;rev": "r2" }, problems: [] },
    { line: 8, cells: { id: "A3", Name: "x\n\ny", "hw;rev": "" }, problems: [] },
  ]);
  expect(manifest.sha256()).toBe(createHash("sha256").update(content).digest("hex"));
  expect(manifest.correctedLot).toBeUndefined();
});

test("the digest cannot be asked for before everything has been read", async () => {
  writeFileSync(path, `id\n${"A\n".repeat(50_000)}`);
  const manifest = await readManifest(path, { columns: {} });
  expect(() => manifest.sha256()).toThrow("known once all of it has been read");
  await manifest.close();
});

test.each([
  ["a comma", "id,name\nA,b\n"],
  ["a semicolon", "id;name\nA;b\n"],
  ["a tab", "id\tname\nA\tb\n"],
  ["a semicolon, though the header holds more commas", "id;name, long, very\nA;b\n"],
  ["a comma, though quotes hold semicolons", '"a;b;c",id\nb,A\n'],
])("the separator is found from the header: %s", async (_, content) => {
  expect(idsOf((await read(content)).rows)).toEqual(["A"]);
});

test("a single column needs no separator", async () => {
  expect(
    idsOf((await read("ID\nA;B\n")).rows.map((row) => ({ ...row, cells: { id: row.cells["ID"] ?? "" } }))),
  ).toEqual(["A;B"]);
});

test("columns are found whatever their case, and by the job's names for them", async () => {
  const { manifest } = await read("Device ID; ICCID ;External-imei;IdType;id\nA;1;2;3;4\n", {
    id: "device id",
    name: "IDTYPE",
  });
  expect(Object.fromEntries(manifest.header.standard)).toEqual({
    id: "Device ID",
    iccid: "ICCID",
    "external-imei": "External-imei",
    name: "IdType",
  });
});

test("empty cells that a spreadsheet leaves out at a row's end, or adds there, change nothing", async () => {
  const { rows } = await read("id,name,type\nA\nB,b\nC,c,t,,\nD,d,t, \u00a0 ,\u200b\n");
  expect(rows).toEqual([
    { line: 2, cells: { id: "A", name: "", type: "" }, problems: [] },
    { line: 3, cells: { id: "B", name: "b", type: "" }, problems: [] },
    { line: 4, cells: { id: "C", name: "c", type: "t" }, problems: [] },
    { line: 5, cells: { id: "D", name: "d", type: "t" }, problems: [] },
  ]);
});

test("a cell with content beyond the header is a problem of its row", async () => {
  const { rows } = await read("id,name\nA,a,,x\nB,b\n");
  expect(rows.map(({ problems }) => problems)).toEqual([
    [
      {
        line: 2,
        field: "",
        message: "cell 4 is filled, but the header has 2 columns; a separator in a cell may lack its quotes",
      },
    ],
    [],
  ]);
});

test("blanks, no-break spaces and invisible characters around cells go, and so do quotes behind blanks", async () => {
  const { rows } = await read('id,name,type\n A\u200b ,\u00a0 b c\u00a0,\ufeffc8y_Linux\nB, "x, y" ,\u202a\u3000\n');
  expect(rows.map(({ cells }) => cells)).toEqual([
    { id: "A", name: "b c", type: "c8y_Linux" },
    { id: "B", name: "x, y", type: "" },
  ]);
});

test("what a character is made of stays at a cell's end", async () => {
  const england = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
  const { rows } = await read(`id,name\nA,\u2764\ufe0f\nB,${england}\n`);
  expect(rows.map(({ cells }) => cells["name"])).toEqual(["\u2764\ufe0f", england]);
});

test("invisible characters in a header do not count, nor does the Unicode form", async () => {
  const { manifest, rows } = await read("\u200bDevice\u00a0I\u00adD ,Gera\u0308t,na\u2060me\nA,G,N\n", {
    id: "Device ID",
    type: "Ger\u00e4t",
  });
  expect(manifest.header.names).toEqual(["Device ID", "Gera\u0308t", "name"]);
  expect(Object.fromEntries(manifest.header.standard)).toEqual({ id: "Device ID", type: "Gera\u0308t", name: "name" });
  expect(rows[0]?.cells).toEqual({ "Device ID": "A", "Gera\u0308t": "G", name: "N" });
});

test("two columns that only invisible characters tell apart are the same column twice", async () => {
  await expect(read("id,name,na\u200bme\nA,b,c\n")).rejects.toThrow('the header names "name" twice');
});

test.each([
  ["a semicolon", "sep=;\r\nid;name\r\nA;b,c\r\n", ";"],
  ["a comma, after a mark, although the header holds more semicolons", "\ufeffSEP=,\nid,a;b;c\nA,b\n", ","],
  ["a tab, in quotes", '"sep=\t"\nid\tname\nA\tb\n', "\t"],
  ["a semicolon, as a program that knows no such line saves it", "sep=;;;\nid;name\nA;b\n", ";"],
] as const)("a first line names the separator: %s", async (_, content, separator) => {
  const { manifest, rows } = await read(content);
  expect(manifest.form).toMatchObject({ separator, separatorLine: true });
  expect(rows).toMatchObject([{ line: 3, cells: { id: "A" }, problems: [] }]);
});

test("a separator that is not read is refused by name", async () => {
  await expect(read("sep=|\nid|name\nA|b\n")).rejects.toThrow(
    'm.csv, line 1: the separator that "sep=|" names is not read; comma, semicolon and tab are',
  );
});

test("rows of nothing but separators and blanks are passed over, also before the header, and lines go on counting", async () => {
  const { rows } = await read(';;\n;\u00a0; \nid;name;x\n;;\nA;a;\n "" ;"";\n  \nB;b;\n;;;;;\n');
  expect(rows.map(({ line, cells }) => [line, cells["id"]])).toEqual([
    [5, "A"],
    [8, "B"],
  ]);
});

test.each([
  ["as it was", "ID;Name;type"],
  ["with other case, blanks and fewer cells", " id ; NAME"],
  ["with blanks that no spreadsheet shows", "\u00a0id\u200b;name"],
  ["in another order, as of another file", "name;type;id"],
  ["with a mark, as of a file put after another", "\ufeffid;name;type"],
])("a header that comes again is a problem of its row and no device: %s", async (_, again) => {
  const { rows } = await read(`id;Name;type\nA;id;\n${again}\nB;name;type\n`);
  expect(rows.map(({ line, isHeader = false }) => [line, isHeader])).toEqual([
    [2, false],
    [3, true],
    [4, false],
  ]);
  expect(rows[1]?.problems).toEqual([{ line: 3, field: "", message: "the row is the header again; remove it" }]);
});

test("columns that the job calls secret, and CREDENTIALS, are not taken in", async () => {
  writeFileSync(path, "id,App_Key,credentials,name\nA,k3y,pa55,a\n");
  const manifest = await readManifest(path, { columns: {}, secretColumns: ["app_key"] });
  const rows: ManifestRow[] = [];
  for await (const batch of manifest.rows) rows.push(...batch);
  expect(rows).toEqual([{ line: 2, cells: { id: "A", name: "a" }, problems: [] }]);
  expect(manifest.header.names).toEqual(["id", "name"]);
  expect(manifest.form.secretColumns).toEqual(["App_Key", "credentials"]);
  await expect(readManifest(path, { columns: { type: "App_Key" }, secretColumns: ["app_key"] })).rejects.toThrow(
    'column "App_Key" is secret (secretColumns) and used as type; it cannot be both',
  );
});

test.each([
  ["\ufeffid;name\r\nA;b\r\n", "utf8", { encoding: "utf-8", mark: true, separator: ";", lineEnd: "\r\n" }],
  ["id,name\nA,b\r\n", "utf8", { encoding: "utf-8", mark: false, separator: ",", lineEnd: "\n" }],
  ["\ufeffid\tname\r\nA\tb\r\n", "utf16le", { encoding: "utf-16le", mark: true, separator: "\t", lineEnd: "\r\n" }],
] as const)("how the file is written is told: %j", async (text, encoding, form) => {
  const { manifest } = await read(Buffer.from(text, encoding));
  expect(manifest.form).toEqual({ ...form, separatorLine: false, secretColumns: [] });
});

test("columns without a name are fine as long as nothing stands in them", async () => {
  const { manifest, rows } = await read("id;;\nA;;\nB;;x\n");
  expect(manifest.header.names).toEqual(["id"]);
  expect(rows[0]).toEqual({ line: 2, cells: { id: "A" }, problems: [] });
  expect(rows[1]?.problems).toEqual([
    { line: 3, field: "", message: "cell 3 is filled, but its column has no name in the header" },
  ]);
});

test("a cell over 64 Ki characters is a problem of its row", async () => {
  const { rows } = await read(`id,x\nA,${"y".repeat(65_537)}\nB,z\n`);
  expect(rows[0]?.problems).toEqual([{ line: 2, field: "x", message: "the cell is longer than 65536 characters" }]);
  expect(rows[1]?.problems).toEqual([]);
});

describe("a corrected rejects file", () => {
  test("tells its lot and the lines that its rows had, and leaves out lotmint's columns", async () => {
    const { manifest, rows } = await read(
      "id,name,lotmint:lot,lotmint:line,lotmint:reason\nA,a,L1,17,bad\nB,b,L1,4,worse\n",
    );
    expect(manifest.correctedLot).toBe("L1");
    expect(manifest.header.names).toEqual(["id", "name"]);
    expect(rows).toEqual([
      { line: 17, cells: { id: "A", name: "a" }, problems: [] },
      { line: 4, cells: { id: "B", name: "b" }, problems: [] },
    ]);
  });

  test("may hold another one after it, header and all", async () => {
    const header = "id,name,lotmint:lot,lotmint:line,lotmint:reason\n";
    const { rows } = await read(`${header}A,a,L1,17,bad\n${header}B,b,L1,4,worse\n`);
    expect(rows.map(({ line }) => line)).toEqual([17, 4]);
  });

  test.each([
    ["two lots", "id,lotmint:lot\nA,L1\nB,L2\n", 'm.csv, line 3: the row belongs to another lot than "L1"'],
    ["no lot", "id,lotmint:lot\nA,\n", "m.csv, line 2: lotmint:lot is empty"],
    [
      "a line that is no number",
      "id,lotmint:lot,lotmint:line\nA,L1,x\n",
      'm.csv, line 2, column 3: lotmint:line must hold the line number that lotmint wrote, and holds "x"',
    ],
  ])("with %s is refused", async (_, content, message) => {
    await expect(read(content)).rejects.toMatchObject({ code: "usage", message: expect.stringContaining(message) });
  });
});

describe("a file is refused whole for", () => {
  test.each([
    ["nothing in it", "", "m.csv: the file is empty; it must begin with a header; nothing of the file was taken in"],
    ["nothing but a mark", "\ufeff", "m.csv: the file is empty"],
    ["a header and no device", "id,name\n\n", "m.csv: the file holds a header but no device"],
    [
      "no id column",
      "Device,Name\nA,b\n",
      'm.csv, line 1: there is no column id; columns are "Device", "Name". Name the right one in the job, as in columns: { id: "Device ID" }',
    ],
    [
      "a column twice",
      "id,Name, name\nA,b,c\n",
      'm.csv, line 1, column 3: the header names "name" twice, first in column 2',
    ],
    [
      "a header with a line break",
      'id,"a\nb"\nA,b\n',
      "m.csv, line 1, column 2: the column's name holds a control character or a line break",
    ],
    [
      "a header that is none",
      `id,${"x".repeat(257)}\nA,b\n`,
      "m.csv, line 1, column 2: the column's name is longer than 256 characters",
    ],
    ["too many columns", `id${",".repeat(1000)}\nA\n`, "m.csv, line 1: the header has 1001 columns, the most is 1000"],
    [
      "a quote that is never closed",
      'id,name\nA,b\nB,"c\nC,d\n',
      "m.csv, line 3, column 2: the quote that opens this cell is never closed",
    ],
    [
      "one that is never closed after a cell of two lines",
      'id,name,x\nA,"b\nb","c\nC,d\n',
      "m.csv, line 3, column 3: the quote that opens this cell is never closed",
    ],
    [
      "a quote inside a quoted cell",
      'id,name\nA,"b"c"\n',
      "m.csv, line 2, column 2: a quote inside this quoted cell is neither doubled nor the cell's end",
    ],
    [
      "a quote inside a plain cell",
      'id,name\nA,b\nB,5" pipe\n',
      "m.csv, line 3, column 2: this cell holds a quote but does not begin with one",
    ],
    [
      "a row without end",
      `id,name\nA,b\nB,"${"x".repeat(2 * 1024 * 1024)}`,
      "m.csv, line 3, column 2: the row that this cell belongs to is longer than 1 MiB",
    ],
    [
      "line ends of CR alone",
      "id,name\rA,b\r",
      "m.csv, line 1: the lines end with CR alone; save the file with CRLF or LF as line ends",
    ],
    [
      "a column called __proto__",
      "id,__proto__\nA,b\n",
      "m.csv, line 1, column 2: a column cannot be called __proto__",
    ],
  ])("%s", async (_, content, message) => {
    await expect(read(content)).rejects.toMatchObject({ code: "usage", message: expect.stringContaining(message) });
  });

  test("a column that the job asks for and that is not there", async () => {
    await expect(read("id,name\nA,b\n", { name: "Label" })).rejects.toThrow(
      'm.csv, line 1: the job takes name from column "Label", which is not there; columns are "id", "name"',
    );
  });

  test("a path that is no file", async () => {
    await expect(readManifest(join(folder, "none.csv"), { columns: {} })).rejects.toThrow(
      "none.csv: there is no such file",
    );
    await expect(readManifest(folder, { columns: {} })).rejects.toThrow("this is a folder, not a manifest");
  });
});

test("any cells that a CSV writer writes come back without the blanks around them, with every separator, line end, quoting and encoding", async () => {
  const cell = fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.toWellFormed().replaceAll("\0", "0"));
  const tricky = fc.constantFrom('"', '""', ",", ";", "\t", "\n", "\r\n", "\r", "", " ", "'", "ü", "😀");
  const rows = fc.array(
    fc.tuple(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.oneof(cell, tricky), fc.oneof(cell, tricky)),
    { minLength: 1, maxLength: 8 },
  );
  const options = fc.record({
    delimiter: fc.constantFrom(",", ";", "\t"),
    record_delimiter: fc.constantFrom("\n", "\r\n"),
    quoted: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(rows, options, fc.constantFrom("utf8", "bom", "utf16le"), async (written, style, encoding) => {
      const text = stringify([["id", "b", "c"], ...written], { ...style, quoted_match: /[\r\n]/ });
      const content =
        encoding === "utf16le" ? Buffer.from(`\ufeff${text}`, "utf16le") : encoding === "bom" ? `\ufeff${text}` : text;
      const { rows: back } = await read(content);
      const stripped = written.map((cells) => cells.map(stripBlanks));
      expect(back.map(({ cells }) => [cells["id"], cells["b"], cells["c"]])).toEqual(stripped);
    }),
    { numRuns: 150 },
  );
});

test("whatever bytes come, the answer is rows or a usage error", async () => {
  const pieces = ["id", ",", ";", "\n", "\r\n", "\r", '"', "A", " ", "\ufeff", "é", "\t"].map((text) =>
    Buffer.from(text),
  );
  const csvish = fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.uint8Array({ maxLength: 2 })))
    .map((parts) => Buffer.concat([Buffer.from("id"), ...parts]));
  await fc.assert(
    fc.asyncProperty(csvish, async (bytes) => {
      const outcome = await read(bytes).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(OnboardingError);
      else expect(outcome).toHaveProperty("rows");
    }),
    { numRuns: 300 },
  );
});

test("a long file is read in pieces, none of which holds more than a few thousand rows", async () => {
  writeFileSync(path, `id,name\n${Array.from({ length: 20_000 }, (_, i) => `D${i},name ${i}\n`).join("")}`);
  const manifest = await readManifest(path, { columns: {} });
  let count = 0;
  for await (const batch of manifest.rows) {
    expect(batch.length).toBeLessThan(10_000);
    for (const row of batch) expect(row).toMatchObject({ line: count + 2, cells: { id: `D${count++}` } });
  }
  expect(count).toBe(20_000);
});

test("reading stops when the signal says so", async () => {
  writeFileSync(path, `id\n${"A\n".repeat(500_000)}`);
  const stop = new AbortController();
  const manifest = await readManifest(path, { columns: {}, signal: stop.signal });
  const readAll = async () => {
    for await (const _ of manifest.rows) stop.abort();
  };
  await expect(readAll()).rejects.toMatchObject({ name: "AbortError" });
});
