/** A manifest as somebody might drop it. */
export interface BadManifest {
  readonly name: string;
  readonly content: string | Buffer;
  /** Keys of the job that it is planned with; `idRule` goes into the site file. */
  readonly job?: object;
  /** 2: refused whole; 3: some rows are rejected; 0: taken as it is. */
  readonly code: 0 | 2 | 3;
  /** The message, or line, column and message of each bad row. HOME stands for the home folder. */
  readonly told: readonly string[];
}

const utf16 = (text: string, bigEndian: boolean): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
};
const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));
const names = (count: number, start = 0): string[] => Array.from({ length: count }, (_, index) => `c${index + start}`);

export const ENCODINGS: readonly BadManifest[] = [
  {
    name: "a byte that is no UTF-8",
    content: bytes("id,name\nA-1,x\nA-2,", [0xff], "\n"),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 3: byte 18 is not UTF-8; save the file as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  {
    name: "a name in Latin-1",
    content: Buffer.from("id,name\nA-1,Müller\n", "latin1"),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2: byte 13 is not UTF-8; save the file as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  {
    name: "a character that is cut off at the end",
    content: bytes("id,name\nA-1,", [0xe2, 0x82]),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2: byte 12 is not UTF-8; save the file as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  {
    name: "an overlong slash",
    content: bytes("id\nA", [0xc0, 0xaf], "B\n"),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2: byte 4 is not UTF-8; save the file as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  {
    name: "half of a surrogate pair in UTF-8",
    content: bytes("id\n", [0xed, 0xa0, 0x80], "\n"),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2: byte 3 is not UTF-8; save the file as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  { name: "UTF-8 with a byte order mark", content: "\ufeffid,name\nA-1,Müller\n", code: 0, told: [] },
  { name: "two byte order marks", content: "\ufeff\ufeffid,name\nA-1,x\n", code: 0, told: [] },
  { name: "UTF-16, little end first", content: utf16("id;name\r\nA-1;Müller\r\n", false), code: 0, told: [] },
  { name: "UTF-16, big end first", content: utf16("id\tname\nA-1\t計器\n", true), code: 0, told: [] },
  {
    name: "UTF-16 without a mark",
    content: Buffer.from("id,name\nA-1,x\n", "utf16le"),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 1: byte 1 is zero, so this is no text, or UTF-16 without a byte order mark; save it as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  {
    name: "UTF-16 with a byte too many",
    content: bytes([...utf16("id\nA-1\n", false)], [0x41]),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 3: the last byte is half a UTF-16 character; the file is cut off; nothing of the file was taken in",
    ],
  },
  {
    name: "half of a surrogate pair in UTF-16",
    content: utf16("id,name\nA-1,\ud800\n", false),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2: byte 26 is half a UTF-16 character; save the file as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  {
    name: "UTF-32",
    content: bytes([0xff, 0xfe, 0, 0], "i", [0, 0, 0]),
    code: 2,
    told: ["HOME/input/bad.csv: this file is UTF-32; save it as UTF-8; nothing of the file was taken in"],
  },
  {
    name: "a zero byte",
    content: bytes("id,name\nA-1,x", [0], "y\n"),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2: byte 13 is zero, so this is no text, or UTF-16 without a byte order mark; save it as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  {
    name: "an Excel file",
    content: bytes("PK", [3, 4], "xl/workbook.xml"),
    code: 2,
    told: [
      "HOME/input/bad.csv: this is an Excel file or another archive; save it as CSV UTF-8; nothing of the file was taken in",
    ],
  },
  {
    name: "an old Excel file",
    content: bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]),
    code: 2,
    told: ["HOME/input/bad.csv: this is an old Excel file; save it as CSV UTF-8; nothing of the file was taken in"],
  },
  {
    name: "a PDF",
    content: "%PDF-1.7\n",
    code: 2,
    told: ["HOME/input/bad.csv: this is a PDF, not a CSV file; nothing of the file was taken in"],
  },
  {
    name: "a compressed file",
    content: bytes([0x1f, 0x8b, 8, 0, 0, 0]),
    code: 2,
    told: ["HOME/input/bad.csv: this file is compressed with gzip; unpack it first; nothing of the file was taken in"],
  },
  {
    name: "a program",
    content: bytes([0x7f], "ELF", [2, 1, 1, 0, 0, 0]),
    code: 2,
    told: [
      "HOME/input/bad.csv, line 1: byte 7 is zero, so this is no text, or UTF-16 without a byte order mark; save it as CSV UTF-8; nothing of the file was taken in",
    ],
  },
];

export const SHAPES: readonly BadManifest[] = [
  {
    name: "an empty file",
    content: "",
    code: 2,
    told: ["HOME/input/bad.csv: the file is empty; it must begin with a header; nothing of the file was taken in"],
  },
  {
    name: "a byte order mark and nothing else",
    content: "\ufeff",
    code: 2,
    told: ["HOME/input/bad.csv: the file is empty; it must begin with a header; nothing of the file was taken in"],
  },
  {
    name: "blank lines and nothing else",
    content: "\n\r\n\n",
    code: 2,
    told: ["HOME/input/bad.csv: the file is empty; it must begin with a header; nothing of the file was taken in"],
  },
  {
    name: "a header and nothing else",
    content: "id,name",
    code: 2,
    told: ["HOME/input/bad.csv: the file holds a header but no device; nothing of the file was taken in"],
  },
  {
    name: "no header",
    content: "A-1,Sensor 1\nA-2,Sensor 2\n",
    code: 2,
    told: [
      'HOME/input/bad.csv, line 1: there is no column id; columns are "A-1", "Sensor 1". Name the right one in the job, as in columns: { id: "Device ID" }; nothing of the file was taken in',
    ],
  },
  {
    name: "no column id",
    content: "serial,name\n1,x\n",
    code: 2,
    told: [
      'HOME/input/bad.csv, line 1: there is no column id; columns are "serial", "name". Name the right one in the job, as in columns: { id: "Device ID" }; nothing of the file was taken in',
    ],
  },
  {
    name: "no column of the name that the job gives",
    content: "id,name\nA-1,x\n",
    job: { columns: { id: "Device ID" } },
    code: 2,
    told: [
      'HOME/input/bad.csv, line 1: the job takes id from column "Device ID", which is not there; columns are "id", "name"; nothing of the file was taken in',
    ],
  },
  {
    name: "the same column twice, in other case",
    content: "id,name,NAME\nA-1,x,y\n",
    code: 2,
    told: [
      'HOME/input/bad.csv, line 1, column 3: the header names "NAME" twice, first in column 2; nothing of the file was taken in',
    ],
  },
  {
    name: "a column called __proto__",
    content: "id,__proto__\nA-1,x\n",
    code: 2,
    told: [
      "HOME/input/bad.csv, line 1, column 2: a column cannot be called __proto__; nothing of the file was taken in",
    ],
  },
  {
    name: "a line break in the header",
    content: 'id,"na\nme"\nA-1,x\n',
    code: 2,
    told: [
      "HOME/input/bad.csv, line 1, column 2: the column's name holds a control character or a line break; nothing of the file was taken in",
    ],
  },
  {
    name: "a column's name of 300 characters",
    content: `id,${"n".repeat(300)}\nA-1,x\n`,
    code: 2,
    told: [
      "HOME/input/bad.csv, line 1, column 2: the column's name is longer than 256 characters; is the first line a header?; nothing of the file was taken in",
    ],
  },
  {
    name: "10,000 columns",
    content: `id,${names(9999).join()}\nA-1${",".repeat(9999)}\n`,
    code: 2,
    told: [
      "HOME/input/bad.csv, line 1: the header has 10000 columns, the most is 1000; nothing of the file was taken in",
    ],
  },
  { name: "1,000 columns", content: `id,${names(999).join()}\nA-1${",".repeat(999)}\n`, code: 0, told: [] },
  {
    name: "a quote that is never closed",
    content: 'id,name\nA-1,"x\nA-2,y\n',
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2, column 2: the quote that opens this cell is never closed; nothing of the file was taken in",
    ],
  },
  {
    name: "a quote that is never closed, in a long file",
    content: `id,name\nA-1,"x\n${"A-2,y\n".repeat(300_000)}`,
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2, column 2: the row that this cell belongs to is longer than 1 MiB; a closing quote may be missing; nothing of the file was taken in",
    ],
  },
  {
    name: "text after a closing quote",
    content: 'id,name\nA-1,"x"y\n',
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2, column 2: a quote inside this quoted cell is neither doubled nor the cell's end; double it, or close the cell; nothing of the file was taken in",
    ],
  },
  {
    name: "a quote inside a cell",
    content: 'id,name\nA-1,19" rack\n',
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2, column 2: this cell holds a quote but does not begin with one; put the whole cell in quotes and double the inner one; nothing of the file was taken in",
    ],
  },
  { name: "a doubled quote in quotes", content: 'id,note\nA-1,"19"" rack"\n', code: 0, told: [] },
  {
    name: "a cell of 10 MB",
    content: `id,name\nA-1,${"x".repeat(10 * 1024 * 1024)}\nA-2,y\n`,
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2, column 2: the row that this cell belongs to is longer than 1 MiB; a closing quote may be missing; nothing of the file was taken in",
    ],
  },
  {
    name: "a cell of 100 kB",
    content: `id,name\nA-1,${"x".repeat(100_000)}\nA-2,y\n`,
    code: 3,
    told: ["2 name: the cell is longer than 65536 characters"],
  },
  {
    name: "a row of 10 MB, in many cells",
    content: `id,name\nA-1${",x".repeat(5_000_000)}\n`,
    code: 2,
    told: [
      "HOME/input/bad.csv, line 2, column 1048576: the row that this cell belongs to is longer than 1 MiB; a closing quote may be missing; nothing of the file was taken in",
    ],
  },
  {
    name: "a cell less and a cell more",
    content: "id,name,type\nA-1,x\nA-2,x,y,z\nA-3,x,y\n",
    code: 3,
    told: ["3 : cell 4 is filled, but the header has 3 columns; a separator in a cell may lack its quotes"],
  },
  {
    name: "a filled cell under no name",
    content: "id,,name\nA-1,stray,x\nA-2,,y\n",
    code: 3,
    told: ["2 : cell 2 is filled, but its column has no name in the header"],
  },
  { name: "semicolons", content: "id;name\nA-1;a, b\n", job: { registration: { mode: "none" } }, code: 0, told: [] },
  { name: "tabs", content: "ID\tName\nA-1\tx y\n", code: 0, told: [] },
  {
    name: "bars",
    content: "id|name\nA-1|x\n",
    code: 2,
    told: [
      'HOME/input/bad.csv, line 1: there is no column id; columns are "id|name". Name the right one in the job, as in columns: { id: "Device ID" }; nothing of the file was taken in',
    ],
  },
  {
    name: "a header with commas, rows with semicolons",
    content: "id,name\nA-1;x\n",
    code: 3,
    told: [
      "2 id: the id holds ;, which no id may hold; the value holds a semicolon, which the platform's CSV cannot carry",
    ],
  },
  {
    name: "line ends of CR alone",
    content: "id,name\rA-1,x\rA-2,y\r",
    code: 2,
    told: [
      "HOME/input/bad.csv, line 1: the lines end with CR alone; save the file with CRLF or LF as line ends; nothing of the file was taken in",
    ],
  },
  {
    name: "mixed line ends, blank lines between",
    content: "\r\nid,name\r\nA-1,x\n\nA-2,y\r\nA-3,z",
    code: 0,
    told: [],
  },
  {
    name: "a CR inside a line",
    content: "id,name\nA-1,x\ry\n",
    code: 3,
    told: ["2 name: the value holds a line break, which the platform's CSV cannot carry"],
  },
  {
    name: "a column lotmint:lot with nothing in it",
    content: "id,lotmint:lot,lotmint:line\nA-1,,2\n",
    code: 2,
    told: ['HOME/input/bad.csv, column lotmint:lot: "" cannot be a lot\'s name: it is empty'],
  },
  {
    name: "rows of two lots",
    content: "id,lotmint:lot,lotmint:line\nA-1,L1,2\nA-2,L2,3\n",
    code: 2,
    told: [
      'HOME/input/bad.csv, line 3: the row belongs to another lot than "L1"; leave the lotmint: columns as they are, one lot to a file; nothing of the file was taken in',
    ],
  },
  {
    name: "a lot's name that leads out",
    content: "id,lotmint:lot,lotmint:line\nA-1,../../x,2\n",
    code: 2,
    told: ['HOME/input/bad.csv, column lotmint:lot: "../../x" cannot be a lot\'s name: it holds / or \\'],
  },
  {
    name: "a line that is no number",
    content: "id,lotmint:lot,lotmint:line\nA-1,L1,two\n",
    code: 2,
    told: [
      'HOME/input/bad.csv, line 2, column 3: lotmint:line must hold the line number that lotmint wrote, and holds "two"; nothing of the file was taken in',
    ],
  },
];

/** A manifest of one device; without `wrong` the id is taken. */
const oneId = (name: string, id: string, wrong?: string): BadManifest => ({
  name: `an id ${name}`,
  content: `id;name\n"${id.replaceAll('"', '""')}";x\n`,
  code: wrong === undefined ? 0 : 3,
  told: wrong === undefined ? [] : [`2 id: ${wrong}`],
});

export const IDS: readonly BadManifest[] = [
  oneId("that is empty", "", "the id is empty"),
  oneId("that leads out", "../../x", "the id holds /, which no id may hold"),
  oneId("that leads out on Windows", "..\\..\\x", "the id holds \\, which no id may hold"),
  oneId("of two dots", ".."),
  oneId("that Windows keeps for itself", "CON"),
  oneId("with a dot at its end", "a."),
  oneId("that is percent-encoded", "%2e%2e%2f"),
  oneId("of 64 characters", "a".repeat(64)),
  oneId("of 65 characters", "a".repeat(65), "the id has 65 characters, the most is 64"),
  oneId("of 64 characters beyond the first plane", "𝔸".repeat(64), "the id is too long for the name of its folder"),
  oneId("with a space", "A 1", "the id holds whitespace"),
  oneId("with a space at its end, which is dropped", "A-1 "),
  oneId("with a no-break space", "A\u00a01", "the id holds whitespace (U+00A0)"),
  oneId("with a tab", "A\t1", "the id holds whitespace (U+0009)"),
  oneId("with a line break", "A\n1", "the id holds whitespace (U+000A)"),
  oneId("with a control character", "A\u0085\u00071", "the id holds a control or invisible character (U+0085)"),
  oneId("with a zero-width space", "A\u200b1", "the id holds a control or invisible character (U+200B)"),
  oneId("that turns the direction of writing", "A\u202e1", "the id holds a control or invisible character (U+202E)"),
  oneId("with a byte order mark inside", "A\ufeff1", "the id holds whitespace (U+FEFF)"),
  oneId("with a colon", "A:1", "the id holds :, which no id may hold"),
  oneId("with a plus", "+A1", "the id holds +, which no id may hold"),
  oneId("with a comma", "A,1", "the id holds ,, which no id may hold"),
  oneId("with a semicolon", "A;1", "the id holds ;, which no id may hold"),
  oneId("with a quote", 'A"1', 'the id holds ", which no id may hold'),
  oneId("that is a formula", "=1+1", "the id holds +, which no id may hold"),
  oneId("that is a formula without a plus", "@SUM(A1)"),
  oneId("for a topic of all devices", "$SYS/#", "the id holds $, which no id may hold"),
  oneId("that is markup", "<script>alert(1)</script>", "the id holds /, which no id may hold"),
  oneId("of one accent", "\u0301"),
  {
    name: "an id twice",
    content: "id,name\nA-1,x\nA-2,y\nA-1,z\n",
    code: 3,
    told: ["4 id: the id stands on line 2 already (case does not count)"],
  },
  {
    name: "ids that differ in case",
    content: "id\nSensor-a\nSENSOR-A\n",
    code: 3,
    told: ["3 id: the id stands on line 2 already (case does not count)"],
  },
  {
    name: "ids that differ in their Unicode form",
    content: "id\nCaf\u00e9\nCafe\u0301\n",
    code: 3,
    told: ["3 id: the id stands on line 2 already (case does not count)"],
  },
  {
    name: "ids that a Kelvin sign tells apart",
    content: "id\nK-1\n\u212a-1\n",
    code: 3,
    told: ["3 id: the id stands on line 2 already (case does not count)"],
  },
  {
    name: "ids of another lot",
    content: "id\nTAKEN-1\ntaken-2\nA-3\n",
    code: 3,
    told: ['2 id: the id is held by lot "taken"'],
  },
  {
    name: "an id that the site's rule is against",
    content: "id\nACM-0001\nACM-1\n",
    job: { idRule: "ACM-[0-9]{4}" },
    code: 3,
    told: ["3 id: the id does not follow the site's rule ACM-[0-9]{4}"],
  },
  {
    name: "more rows than the lot may have",
    content: "id\nA-1\nA-2\nA-3\n",
    job: { quantity: 2 },
    code: 3,
    told: ["4 : the row is over the lot's quantity of 2"],
  },
];

const subject = (parts: object) => ({ subject: parts });

export const CELLS: readonly BadManifest[] = [
  {
    name: "a formula for a name",
    content: 'id;name\nA-1;"=HYPERLINK(""http://x"")"\nA-2;=cmd|\'/C calc\'!A0\n',
    code: 3,
    told: ["2 name: the value holds a quote, which the platform's CSV cannot carry"],
  },
  {
    name: "a separator in a name",
    content: 'id,name\nA-1,"a;b"\n',
    code: 3,
    told: ["2 name: the value holds a semicolon, which the platform's CSV cannot carry"],
  },
  {
    name: "a quote and a line break in a group's path",
    content: 'id,path\nA-1,"a""b"\nA-2,"a\nb"\n',
    code: 3,
    told: [
      "2 path: the value holds a quote, which the platform's CSV cannot carry",
      "3 path: the value holds a line break, which the platform's CSV cannot carry",
    ],
  },
  {
    name: "a byte order mark inside a name",
    content: "id,name\nA-1,a\ufeffb\n",
    code: 3,
    told: ["2 name: the value holds a byte order mark (U+FEFF), which the platform's CSV cannot carry"],
  },
  {
    name: "a word that is neither yes nor no",
    content: "id,shell\nA-1,yes\nA-2,maybe\n",
    code: 3,
    told: ["3 shell: the value must be one of 1, true, yes, 0, false, no"],
  },
  {
    name: "a serial number of 65 characters",
    content: `id,serial_number\nA-1,${"1".repeat(65)}\n`,
    job: subject({ serialNumber: "{serial_number}" }),
    code: 3,
    told: ["2 serial_number: serialNumber has 65 characters, the most is 64"],
  },
  {
    name: "a serial number that cannot be printed",
    content: "id,serial_number\nA-1,Ä1\n",
    job: subject({ serialNumber: "{serial_number}" }),
    code: 3,
    told: [
      "2 serial_number: serialNumber may only hold letters A to Z, digits, spaces and ' ( ) + , - . / : = ? (PrintableString)",
    ],
  },
  {
    name: "a country of three letters",
    content: "id,land\nA-1,DEU\nA-2,DE\n",
    job: subject({ C: "{land}" }),
    code: 3,
    told: ["2 land: C must be two letters, such as DE"],
  },
  {
    name: "an organisation with a control character",
    content: "id,org\nA-1,Ac\u0001me\n",
    job: subject({ O: "{org}" }),
    code: 3,
    told: ["2 org: O holds a control character or a line break"],
  },
  {
    name: "no serial number where the profile asks for one",
    content: "id,serial_number\nA-1,\nA-2,2\n",
    job: { profile: "idevid", ...subject({ serialNumber: "{serial_number}" }) },
    code: 3,
    told: ["2 serial_number: the cell is empty, and profile idevid requires serialNumber"],
  },
  {
    name: "no cell for the name that the job makes of it",
    content: "id,label\nA-1,\n",
    job: { registration: { name: "{label}" } },
    code: 3,
    told: ["2 label: the cell is empty, and the job makes the device's name from it"],
  },
  {
    name: "no column for what the job asks for",
    content: "id,name\nA-1,x\n",
    job: { ...subject({ OU: "{unit}" }), registration: { properties: ["hw_rev"] } },
    code: 2,
    told: [
      'the manifest lacks what the job asks for: subject.OU needs column "unit"; registration.properties needs column "hw_rev". Its columns are "id", "name"',
    ],
  },
  {
    name: "a request that is none",
    content: "id,csr\nA-1,-----BEGIN NOTHING-----\n",
    code: 3,
    told: ["2 csr: the cell holds no certificate request in PEM form"],
  },
  {
    name: "a request outside the input folder",
    content: "id,csr\nA-1,../../../etc/passwd\nA-2,/etc/passwd\nA-3,..\\x\n",
    code: 3,
    told: [
      '2 csr: "../../../etc/passwd" must be a path below HOME/input, without ..',
      '3 csr: "/etc/passwd" must be a path below HOME/input, without ..',
      '4 csr: "..\\\\x" must be a path below HOME/input, without ..',
    ],
  },
  {
    name: "a request that is not there",
    content: "id,csr\nA-1,requests/a.pem\n",
    code: 3,
    told: ['2 csr: there is no readable file "requests/a.pem" below HOME/input'],
  },
];
