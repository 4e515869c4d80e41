import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { resolveJob } from "../../src/config/resolve-job.ts";
import { readHeader } from "../../src/manifest/read-header.ts";
import { makeRowRules, rowToDevice } from "../../src/manifest/row-to-device.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-rows-"));
afterAll(() => rmSync(folder, { recursive: true }));
const inputFolder = join(folder, "input");
mkdirSync(inputFolder);

const site = { profiles: {}, maxChain: 10, lotsAtOnce: 1, settleMs: 5000 };
type Input = Parameters<typeof resolveJob>[1];

function rulesFor(
  header: readonly string[],
  input: Input,
  options: { readonly lot?: string; readonly idRule?: string } = {},
) {
  const { job } = resolveJob("j", { issuer: "a", ...input }, site, { defaults: {}, nowMs: 0 });
  return makeRowRules({
    job,
    lot: options.lot ?? "L1",
    header: readHeader(header, 1, job.columns, "m.csv"),
    idRule: options.idRule,
    inputFolder,
  });
}

function read(
  cells: Readonly<Record<string, string>>,
  input: Input = {},
  options: { readonly lot?: string; readonly idRule?: string } = {},
) {
  return rowToDevice({ line: 7, cells, problems: [] }, rulesFor(Object.keys(cells), input, options));
}

test("a row becomes a device, its own cells before the job's values", () => {
  const cells = {
    ID: "ACME-1",
    Name: "Pump",
    type: "c8y_Pump",
    path: "Hall/2",
    iccid: "8949",
    IdType: "c8y_Imei",
    Shell: "No",
    Serial_Number: "SN 1",
    "External-mac": "aa-bb",
    hw: "r2",
    other: "x;y",
  };
  expect(
    read(cells, {
      subject: { serialNumber: "{serial_number}", O: "Acme {lot}", OU: "{hw}-{id}" },
      registration: { type: "t", name: "n", path: "p", idType: "i", shell: true, agent: false, properties: ["HW"] },
    }),
  ).toEqual({
    externalId: "ACME-1",
    line: 7,
    cells,
    subject: [
      { attribute: "O", value: "Acme L1" },
      { attribute: "OU", value: "r2-ACME-1" },
      { attribute: "CN", value: "ACME-1" },
      { attribute: "serialNumber", value: "SN 1" },
    ],
    registration: {
      type: "c8y_Pump",
      name: "Pump",
      path: "Hall/2",
      iccid: "8949",
      idType: "c8y_Imei",
      shell: false,
      agent: false,
      properties: { HW: "r2" },
      externalIds: { mac: "aa-bb" },
    },
  });
});

test("where a row's cells are empty the job's values stand, and an attribute of the subject drops out", () => {
  const device = read(
    { id: "A", name: "", path: "", shell: "", x: "", "external-mac": "" },
    {
      subject: { O: "{x}", L: "Köln" },
      registration: { name: "N {id}", path: "F/{lot}", shell: true, properties: ["x"] },
    },
  );
  expect(device).toMatchObject({
    subject: [
      { attribute: "L", value: "Köln" },
      { attribute: "CN", value: "A" },
    ],
    registration: {
      type: "c8y_Device",
      name: "N A",
      path: "F/L1",
      shell: true,
      agent: true,
      properties: {},
      externalIds: {},
    },
  });
});

describe("an id is refused when it", () => {
  test.each([
    ["is empty", "", "the id is empty"],
    ["holds a space", "A 1", "the id holds whitespace"],
    ["begins with a space", " A1", "the id holds whitespace"],
    ["holds a no-break space", "A\u00a01", "the id holds whitespace (U+00A0)"],
    ["holds a control character", "A\u00011", "the id holds a control or invisible character (U+0001)"],
    ["holds a C1 control", "A\u00851", "the id holds a control or invisible character (U+0085)"],
    ["holds a zero-width space", "A\u200b1", "the id holds a control or invisible character (U+200B)"],
    ["holds a direction mark", "A\u202e1", "the id holds a control or invisible character (U+202E)"],
    ["holds half a character", "A\ud83d", "the id holds half a character (a lone surrogate)"],
    ...[...' :/\\$+,;"']
      .slice(1)
      .map((sign) => [`holds ${sign}`, `A${sign}1`, `the id holds ${sign}, which no id may hold`]),
    ["has 65 characters", "x".repeat(65), "the id has 65 characters, the most is 64"],
    ["is too long for a folder", "😀".repeat(64), "the id is too long for the name of its folder"],
  ])("%s", (_, id, message) => {
    expect(read({ "Device ID": id }, { columns: { id: "Device ID" }, registration: { mode: "none" } })).toContainEqual({
      line: 7,
      field: "Device ID",
      message,
    });
  });
});

describe("what a spreadsheet left in place of an id or a number is a problem of its column:", () => {
  test.each([
    ["iccid", "8.94901E+18", "the value 8.94901E+18 is a number in E-notation"],
    ["id", "8,94901E+18", "the value 8,94901E+18 is a number in E-notation"],
    ["serial_number", "8.94901E18", "the value 8.94901E18 is a number in E-notation"],
    ["external-imei", "1E+12", "the value 1E+12 is a number in E-notation"],
    ["id", "########", "the value ######## stands where the column was too narrow"],
    ["id", "#NAME?", "the value #NAME? is a spreadsheet's error"],
    ["iccid", "#REF!", "the value #REF! is a spreadsheet's error"],
    ["external-imei", "#N/A", "the value #N/A is a spreadsheet's error"],
    ["serial_number", "#BEZUG!", "the value #BEZUG! is a spreadsheet's error"],
    ["id", "Err:502", "the value Err:502 is a spreadsheet's error"],
    ["id", "NULL", "the value NULL stands for a missing value"],
    ["iccid", "nan", "the value nan stands for a missing value"],
  ])("%s %s", (column, value, message) => {
    expect(read({ id: "A", [column]: value })).toEqual([
      { line: 7, field: column, message: expect.stringContaining(message) },
    ]);
  });

  test.each([
    ["id", "12E45"],
    ["id", "0012E4567890"],
    ["iccid", "+491555555"],
    ["iccid", "89490200001234567890"],
    ["id", "NULL-1"],
    ["id", "#1"],
    ["name", "#REF!"],
    ["name", "8.94901E+18"],
    ["type", "null"],
  ])("but %s may be %s", (column, value) => {
    expect(read({ id: "A", [column]: value })).toHaveProperty("externalId");
  });

  test("the job's own column for it counts, not one that has only its name", () => {
    expect(read({ "Device ID": "NULL", id: "A" }, { columns: { id: "Device ID" } })).toMatchObject([
      { field: "Device ID" },
    ]);
    expect(read({ "Device ID": "A", id: "NULL" }, { columns: { id: "Device ID" } })).toMatchObject({ externalId: "A" });
  });
});

test("64 characters are allowed, counted as X.520 counts them", () => {
  expect(read({ id: "é".repeat(64) })).toMatchObject({ externalId: "é".repeat(64) });
  expect(read({ id: "😀".repeat(60) })).toMatchObject({ externalId: "😀".repeat(60) });
});

test("the site's rule has to match the whole id", () => {
  expect(read({ id: "ACME-12" }, {}, { idRule: "ACME-\\d+|X" })).toMatchObject({ externalId: "ACME-12" });
  expect(read({ id: "ACME-12b" }, {}, { idRule: "ACME-\\d+|X" })).toEqual([
    { line: 7, field: "id", message: "the id does not follow the site's rule ACME-\\d+|X" },
  ]);
});

describe("a subject is held to X.520:", () => {
  test.each([
    ["O", "x".repeat(65), "O has 65 characters, the most is 64"],
    ["OU", "x".repeat(65), "OU has 65 characters, the most is 64"],
    ["serialNumber", "1".repeat(65), "serialNumber has 65 characters, the most is 64"],
    ["L", "x".repeat(129), "L has 129 characters, the most is 128"],
    ["C", "DEU", "C must be two letters, such as DE"],
    ["O", "a\nb", "O holds a control character or a line break"],
    [
      "serialNumber",
      "SN_1",
      "serialNumber may only hold letters A to Z, digits, spaces and ' ( ) + , - . / : = ? (PrintableString)",
    ],
  ] as const)("%s %j", (attribute, value, message) => {
    expect(read({ id: "A", x: value }, { subject: { [attribute]: "{x}" } })).toEqual([
      { line: 7, field: "x", message },
    ]);
  });

  test("an attribute that the profile requires may not be empty", () => {
    expect(
      read({ id: "A", serial_number: "" }, { profile: "idevid", subject: { serialNumber: "{serial_number}" } }),
    ).toEqual([
      { line: 7, field: "serial_number", message: "the cell is empty, and profile idevid requires serialNumber" },
    ]);
  });
});

describe("a value that the platform's CSV cannot carry is a problem of its column:", () => {
  test.each([
    ["name", "a;b", "a semicolon"],
    ["type", "a,b", "a comma"],
    ["path", "a\tb", "a tab"],
    ["iccid", 'a"b', "a quote"],
    ["idtype", "a\nb", "a line break"],
    ["external-x", "a\rb", "a line break"],
    ["hw", "a\u0007b", "a control character (U+0007)"],
  ])("%s", (column, value, what) => {
    expect(read({ id: "A", [column]: value }, column === "hw" ? { registration: { properties: ["hw"] } } : {})).toEqual(
      [{ line: 7, field: column, message: `the value holds ${what}, which the platform's CSV cannot carry` }],
    );
  });

  test("a leading byte order mark", () => {
    expect(read({ id: "A", name: "\ufeffx" })).toMatchObject([
      { field: "name", message: expect.stringContaining("byte order mark") },
    ]);
  });

  test("but not where no CSV is made, nor in a column that nothing uses", () => {
    expect(read({ id: "A", name: "a;b" }, { registration: { mode: "auto" } })).toMatchObject({
      registration: { name: "a;b" },
    });
    expect(read({ id: "A", remark: "a;b" })).toMatchObject({ externalId: "A" });
  });
});

test("all problems of a row are told", () => {
  expect(
    read({ id: "a b", name: "x;y", shell: "maybe", org: "z".repeat(70) }, { subject: { O: "{org}" } }),
  ).toMatchObject([
    { field: "id" },
    { field: "org" },
    { field: "name" },
    { field: "shell", message: "the value must be one of 1, true, yes, 0, false, no" },
  ]);
});

test("an empty column that the job makes the name from is a problem", () => {
  expect(read({ id: "A", label: "" }, { registration: { name: "{Label}" } })).toEqual([
    { line: 7, field: "label", message: "the cell is empty, and the job makes the device's name from it" },
  ]);
});

test("a job that asks for columns that are not there is refused once, with all of them", () => {
  const input = { subject: { O: "{org}" }, registration: { name: "{label}", properties: ["hw"] } };
  expect(() => rulesFor(["id", "name"], input)).toThrow(
    'the manifest lacks what the job asks for: subject.O needs column "org"; registration.name needs column "label"; registration.properties needs column "hw". Its columns are "id", "name"',
  );
});

test("a lot's name that no registration can carry is refused once", () => {
  expect(() => rulesFor(["id"], { registration: { path: "F/{lot}" } }, { lot: "A;B" })).toThrow(
    `no device of this lot can be registered: "A;B" holds a semicolon, which the platform's CSV cannot carry`,
  );
});

describe("aliases", () => {
  const keystores = { pkcs12: { alias: "{id}" }, jks: { alias: "{Label}-{lot}" } };

  test("are made from the row where the job says so", () => {
    expect(read({ id: "SN-1", label: "Tür 7" }, { keystores })).toMatchObject({
      aliases: { pkcs12: "SN-1", jks: "Tür 7-L1" },
    });
    expect(read({ id: "SN-1" }, { keystores: { pkcs12: { alias: "fixed" } } })).not.toHaveProperty("aliases");
  });

  test("that cannot be are problems of their column", () => {
    expect(read({ id: "A", label: "" }, { keystores })).toEqual([
      { line: 7, field: "label", message: "the cell is empty, and the job makes the alias in keystore.jks from it" },
    ]);
    expect(read({ id: "A", label: "a\nb" }, { keystores })).toEqual([
      { line: 7, field: "label", message: "the alias in keystore.jks holds a control character or a line break" },
    ]);
    expect(read({ id: "A", label: "x".repeat(126) }, { keystores })).toEqual([
      { line: 7, field: "label", message: "the alias in keystore.jks has 129 characters, the most is 128" },
    ]);
  });

  test("a column that is not there is told by the key that asks for it", () => {
    expect(() => read({ id: "A" }, { keystores })).toThrow('keystores.jks.alias needs column "Label"');
  });
});

describe("a certificate request", () => {
  const pem = "-----BEGIN CERTIFICATE REQUEST-----\nMIIBAA==\n-----END CERTIFICATE REQUEST-----\n";
  writeFileSync(join(inputFolder, "a.csr"), pem.replaceAll("\n", "\r\n"));
  writeFileSync(join(inputFolder, "der.csr"), Buffer.from("3082010000", "hex"));
  writeFileSync(join(folder, "outside.csr"), pem);
  symlinkSync(join(folder, "outside.csr"), join(inputFolder, "link.csr"));
  writeFileSync(join(inputFolder, "junk.csr"), "hello");
  mkdirSync(join(inputFolder, "lot"));
  writeFileSync(join(inputFolder, "lot", "b.csr"), pem);

  test.each([
    ["in the cell", pem],
    ["in a file below input", "a.csr"],
    ["in a file below a folder of it, named as on Windows", "lot\\b.csr"],
  ])("is taken when it stands %s", (_, csr) => {
    expect(read({ id: "A", csr })).toMatchObject({ certificateRequest: pem });
  });

  test.each([
    ["with a backslash", String.raw`csr\dev1.pem`],
    ["of a file that has one in its name", String.raw`odd\dev2.pem`],
  ])("is taken by a path %s", (_, csr) => {
    mkdirSync(join(inputFolder, "csr"), { recursive: true });
    writeFileSync(join(inputFolder, "csr", "dev1.pem"), pem);
    writeFileSync(join(inputFolder, String.raw`odd\dev2.pem`), pem);
    expect(read({ id: "A", csr })).toMatchObject({ certificateRequest: pem });
  });

  test.each([
    ["blanks for line ends", pem.trim().replaceAll("\n", " ")],
    ["a literal backslash and n", pem.replaceAll("\n", String.raw`\n`)],
    ["text around it", `Subject: CN=A\n${pem}\nend`],
  ])("is taken from a cell with %s", (_, csr) => {
    expect(read({ id: "A", csr })).toMatchObject({ certificateRequest: pem });
  });

  test("in a file below input may be DER, and becomes PEM", () => {
    const der = Buffer.from("3082010000", "hex").toString("base64");
    const certificateRequest = `-----BEGIN CERTIFICATE REQUEST-----\n${der}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(read({ id: "A", csr: "der.csr" })).toMatchObject({ certificateRequest });
  });

  test.each([
    ["../outside.csr", "must be a path below"],
    ["/etc/hostname", "must be a path below"],
    [String.raw`C:\csr\a.csr`, "must be a path below"],
    ["C:a.csr", "must be a path below"],
    [String.raw`\\server\share\a.csr`, "must be a path below"],
    [String.raw`csr\..\..\outside.csr`, "must be a path below"],
    [pem + pem, "the cell holds 2 certificate requests; give one alone"],
    [`${pem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`, "the cell holds a private key"],
    ["link.csr", "lies outside"],
    ["none.csr", "there is no readable file"],
    [".", "lies outside"],
    ["junk.csr", "junk.csr holds no certificate request in PEM form"],
    [
      "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----",
      "the cell holds no certificate request in PEM form",
    ],
  ])("is refused as %j", (csr, message) => {
    expect(read({ id: "A", csr })).toEqual([{ line: 7, field: "csr", message: expect.stringContaining(message) }]);
  });
});
