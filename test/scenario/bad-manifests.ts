/** A manifest as somebody might drop it. */
export interface BadManifest {
  readonly name: string;
  readonly content: string | Buffer;
  /** Keys of the job that it is planned with. */
  readonly job?: object;
}

const utf16 = (text: string, bigEndian: boolean): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
};
const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));
const names = (count: number, start = 0): string[] => Array.from({ length: count }, (_, index) => `c${index + start}`);

export const ENCODINGS: readonly BadManifest[] = [
  { name: "a byte that is no UTF-8", content: bytes("id,name\nA-1,x\nA-2,", [0xff], "\n") },
  { name: "a name in Latin-1", content: Buffer.from("id,name\nA-1,Müller\n", "latin1") },
  { name: "a character that is cut off at the end", content: bytes("id,name\nA-1,", [0xe2, 0x82]) },
  { name: "an overlong slash", content: bytes("id\nA", [0xc0, 0xaf], "B\n") },
  { name: "half of a surrogate pair in UTF-8", content: bytes("id\n", [0xed, 0xa0, 0x80], "\n") },
  { name: "UTF-8 with a byte order mark", content: "\ufeffid,name\nA-1,Müller\n" },
  { name: "two byte order marks", content: "\ufeff\ufeffid,name\nA-1,x\n" },
  { name: "UTF-16, little end first", content: utf16("id;name\r\nA-1;Müller\r\n", false) },
  { name: "UTF-16, big end first", content: utf16("id\tname\nA-1\t計器\n", true) },
  { name: "UTF-16 without a mark", content: Buffer.from("id,name\nA-1,x\n", "utf16le") },
  { name: "UTF-16 with a byte too many", content: bytes([...utf16("id\nA-1\n", false)], [0x41]) },
  { name: "half of a surrogate pair in UTF-16", content: utf16("id,name\nA-1,\ud800\n", false) },
  { name: "UTF-32", content: bytes([0xff, 0xfe, 0, 0], "i", [0, 0, 0]) },
  { name: "a zero byte", content: bytes("id,name\nA-1,x", [0], "y\n") },
  { name: "an Excel file", content: bytes("PK", [3, 4], "xl/workbook.xml") },
  { name: "an old Excel file", content: bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]) },
  { name: "a PDF", content: "%PDF-1.7\n" },
  { name: "a compressed file", content: bytes([0x1f, 0x8b, 8, 0, 0, 0]) },
  { name: "a program", content: bytes([0x7f], "ELF", [2, 1, 1, 0, 0, 0]) },
];

export const SHAPES: readonly BadManifest[] = [
  { name: "an empty file", content: "" },
  { name: "a byte order mark and nothing else", content: "\ufeff" },
  { name: "blank lines and nothing else", content: "\n\r\n\n" },
  { name: "a header and nothing else", content: "id,name" },
  { name: "no header", content: "A-1,Sensor 1\nA-2,Sensor 2\n" },
  { name: "no column id", content: "serial,name\n1,x\n" },
  { name: "no column of the name that the job gives", content: "id,name\nA-1,x\n", job: { columns: { id: "Device ID" } } },
  { name: "the same column twice, in other case", content: "id,name,NAME\nA-1,x,y\n" },
  { name: "a column called __proto__", content: "id,__proto__\nA-1,x\n" },
  { name: "a line break in the header", content: 'id,"na\nme"\nA-1,x\n' },
  { name: "a column's name of 300 characters", content: `id,${"n".repeat(300)}\nA-1,x\n` },
  { name: "10,000 columns", content: `id,${names(9999).join()}\nA-1${",".repeat(9999)}\n` },
  { name: "1,000 columns", content: `id,${names(999).join()}\nA-1${",".repeat(999)}\n` },
  { name: "a quote that is never closed", content: 'id,name\nA-1,"x\nA-2,y\n' },
  { name: "a quote that is never closed, in a long file", content: `id,name\nA-1,"x\n${"A-2,y\n".repeat(300_000)}` },
  { name: "text after a closing quote", content: 'id,name\nA-1,"x"y\n' },
  { name: "a quote inside a cell", content: 'id,name\nA-1,19" rack\n' },
  { name: "a doubled quote in quotes", content: 'id,note\nA-1,"19"" rack"\n' },
  { name: "a cell of 10 MB", content: `id,name\nA-1,${"x".repeat(10 * 1024 * 1024)}\nA-2,y\n` },
  { name: "a cell of 100 kB", content: `id,name\nA-1,${"x".repeat(100_000)}\nA-2,y\n` },
  { name: "a row of 10 MB, in many cells", content: `id,name\nA-1${",x".repeat(5_000_000)}\n` },
  { name: "a cell less and a cell more", content: "id,name,type\nA-1,x\nA-2,x,y,z\nA-3,x,y\n" },
  { name: "a filled cell under no name", content: "id,,name\nA-1,stray,x\nA-2,,y\n" },
  { name: "semicolons", content: "id;name\nA-1;a, b\n", job: { registration: { mode: "none" } } },
  { name: "tabs", content: "ID\tName\nA-1\tx y\n" },
  { name: "bars", content: "id|name\nA-1|x\n" },
  { name: "a header with commas, rows with semicolons", content: "id,name\nA-1;x\n" },
  { name: "line ends of CR alone", content: "id,name\rA-1,x\rA-2,y\r" },
  { name: "mixed line ends, blank lines between", content: "\r\nid,name\r\nA-1,x\n\nA-2,y\r\nA-3,z" },
  { name: "a CR inside a line", content: "id,name\nA-1,x\ry\n" },
  { name: "a column lotmint:lot with nothing in it", content: "id,lotmint:lot,lotmint:line\nA-1,,2\n" },
  { name: "rows of two lots", content: "id,lotmint:lot,lotmint:line\nA-1,L1,2\nA-2,L2,3\n" },
  { name: "a lot's name that leads out", content: "id,lotmint:lot,lotmint:line\nA-1,../../x,2\n" },
  { name: "a line that is no number", content: "id,lotmint:lot,lotmint:line\nA-1,L1,two\n" },
];

const oneId = (name: string, id: string): BadManifest => ({ name: `an id ${name}`, content: `id;name\n"${id.replaceAll('"', '""')}";x\n` });

export const IDS: readonly BadManifest[] = [
  oneId("that is empty", ""),
  oneId("that leads out", "../../x"),
  oneId("that leads out on Windows", "..\\..\\x"),
  oneId("of two dots", ".."),
  oneId("that Windows keeps for itself", "CON"),
  oneId("with a dot at its end", "a."),
  oneId("that is percent-encoded", "%2e%2e%2f"),
  oneId("of 64 characters", "a".repeat(64)),
  oneId("of 65 characters", "a".repeat(65)),
  oneId("of 64 characters beyond the first plane", "𝔸".repeat(64)),
  oneId("with a space", "A 1"),
  oneId("with a space at its end", "A-1 "),
  oneId("with a no-break space", "A\u00a01"),
  oneId("with a tab", "A\t1"),
  oneId("with a line break", "A\n1"),
  oneId("with a control character", "A\u0085\u00071"),
  oneId("with a zero-width space", "A\u200b1"),
  oneId("that turns the direction of writing", "A\u202e1"),
  oneId("with a byte order mark inside", "A\ufeff1"),
  oneId("with a colon", "A:1"),
  oneId("with a plus", "+A1"),
  oneId("with a comma", "A,1"),
  oneId("with a semicolon", "A;1"),
  oneId("with a quote", 'A"1'),
  oneId("that is a formula", "=1+1"),
  oneId("that is a formula without a plus", "@SUM(A1)"),
  oneId("for a topic of all devices", "$SYS/#"),
  oneId("that is markup", "<script>alert(1)</script>"),
  oneId("of one accent", "\u0301"),
  { name: "an id twice", content: "id,name\nA-1,x\nA-2,y\nA-1,z\n" },
  { name: "ids that differ in case", content: "id\nSensor-a\nSENSOR-A\n" },
  { name: "ids that differ in their Unicode form", content: "id\nCaf\u00e9\nCafe\u0301\n" },
  { name: "ids that a Kelvin sign tells apart", content: "id\nK-1\n\u212a-1\n" },
  { name: "ids of another lot", content: "id\nTAKEN-1\ntaken-2\nA-3\n" },
  { name: "an id that the site's rule is against", content: "id\nACM-0001\nACM-1\n", job: { idRule: "ACM-[0-9]{4}" } },
  { name: "more rows than the lot may have", content: "id\nA-1\nA-2\nA-3\n", job: { quantity: 2 } },
];

const subject = (parts: object) => ({ subject: parts });

export const CELLS: readonly BadManifest[] = [
  { name: "a formula for a name", content: 'id;name\nA-1;"=HYPERLINK(""http://x"")"\nA-2;=cmd|\'/C calc\'!A0\n' },
  { name: "a separator in a name", content: 'id,name\nA-1,"a;b"\n' },
  { name: "a quote and a line break in a group's path", content: 'id,path\nA-1,"a""b"\nA-2,"a\nb"\n' },
  { name: "a word that is neither yes nor no", content: "id,shell\nA-1,yes\nA-2,maybe\n" },
  { name: "a serial number of 65 characters", content: `id,serial_number\nA-1,${"1".repeat(65)}\n`, job: subject({ serialNumber: "{serial_number}" }) },
  { name: "a serial number that cannot be printed", content: "id,serial_number\nA-1,Ä1\n", job: subject({ serialNumber: "{serial_number}" }) },
  { name: "a country of three letters", content: "id,land\nA-1,DEU\nA-2,DE\n", job: subject({ C: "{land}" }) },
  { name: "an organisation with a control character", content: "id,org\nA-1,Ac\u0001me\n", job: subject({ O: "{org}" }) },
  { name: "no serial number where the profile asks for one", content: "id,serial_number\nA-1,\nA-2,2\n", job: { profile: "idevid", ...subject({ serialNumber: "{serial_number}" }) } },
  { name: "no cell for the name that the job makes of it", content: "id,label\nA-1,\n", job: { registration: { name: "{label}" } } },
  { name: "no column for what the job asks for", content: "id,name\nA-1,x\n", job: { ...subject({ OU: "{unit}" }), registration: { properties: ["hw_rev"] } } },
  { name: "a request that is none", content: "id,csr\nA-1,-----BEGIN NOTHING-----\n" },
  { name: "a request outside the input folder", content: "id,csr\nA-1,../../../etc/passwd\nA-2,/etc/passwd\nA-3,..\\x\n" },
  { name: "a request that is not there", content: "id,csr\nA-1,requests/a.pem\n" },
];
