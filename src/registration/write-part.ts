import { stringify } from "csv-stringify/sync";
import type { RegistrationRow } from "../domain/registration.ts";
import type { UnlistedDevice } from "../ledger/registration.ts";

/** One column: its header and what a device has in it; undefined leaves the cell empty. */
interface Column {
  readonly header: string;
  readonly cell: (device: UnlistedDevice) => string | undefined;
}

const ALWAYS: readonly Column[] = [
  { header: "ID", cell: ({ externalId }) => externalId },
  { header: "AUTH_TYPE", cell: () => "CERTIFICATES" },
  { header: "CREDENTIALS", cell: () => "" },
  { header: "TYPE", cell: ({ registration }) => registration.type },
  { header: "NAME", cell: ({ registration }) => registration.name },
];

const WHERE_USED: readonly Column[] = [
  { header: "IDTYPE", cell: ({ registration }) => registration.idType },
  { header: "ICCID", cell: ({ registration }) => registration.iccid },
  { header: "PATH", cell: ({ registration }) => registration.path },
  { header: "SHELL", cell: ({ registration: { shell } }) => (shell === undefined ? undefined : shell ? "1" : "0") },
  {
    header: "com_cumulocity_model_Agent.active",
    cell: ({ registration }) => (registration.agent ? "true" : undefined),
  },
];

/**
 * The bytes of a bulk registration file for these devices: `;`, LF, UTF-8 without a byte order mark,
 * and nothing quoted, since the platform's quoting rules are not known. Columns that no row fills are
 * left out. Throws for a value that would need quotes: the manifest's check lets none through.
 */
export function writePart(devices: readonly UnlistedDevice[]): Buffer {
  const columns = [
    ...ALWAYS,
    ...WHERE_USED.filter((column) => devices.some((device) => (column.cell(device) ?? "") !== "")),
    ...named(devices, "properties", (name) => name),
    // The platform wants these last.
    ...named(devices, "externalIds", (type) => `external-${type}`),
  ];
  const headers = columns.map(({ header }) => header);
  const twice = headers.find((header, index) => headers.indexOf(header) !== index);
  if (twice !== undefined) throw new Error(`two columns of a registration part are both called ${twice}`);
  const rows = [headers, ...devices.map((device) => columns.map((column) => column.cell(device) ?? ""))];
  for (const cell of rows.flat()) {
    if (/[;"\r\n\u2028\u2029\ufeff]/.test(cell)) {
      throw new Error(`a registration part cannot carry the value ${JSON.stringify(cell)}`);
    }
  }
  return Buffer.from(stringify(rows, { delimiter: ";", record_delimiter: "\n" }), "utf8");
}

/** The columns of a device's own names: each name that any row uses, in the order in which they first come. */
function named(
  devices: readonly UnlistedDevice[],
  field: "properties" | "externalIds",
  header: (name: string) => string,
): readonly Column[] {
  const values = (row: RegistrationRow) => row[field];
  const names = new Set(
    devices.flatMap(({ registration }) =>
      Object.entries(values(registration))
        .filter(([, value]) => value !== "")
        .map(([name]) => name),
    ),
  );
  return [...names].map((name) => ({
    header: header(name),
    cell: ({ registration }) => (Object.hasOwn(values(registration), name) ? values(registration)[name] : undefined),
  }));
}
