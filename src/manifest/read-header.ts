import { cleanColumnName, foldColumnName as fold, showText } from "../domain/blank-text.ts";
import {
  ALWAYS_SECRET,
  EXTERNAL_PREFIX,
  OWN_PREFIX,
  STANDARD_COLUMNS,
  type StandardColumn,
} from "../domain/manifest-columns.ts";
import { manifestError } from "./manifest-error.ts";

/** Which column holds what, by its position from 0. */
export interface ManifestHeader {
  /** The manifest's own names in file order: without lotmint's own columns, secret ones and those without a name. */
  readonly names: readonly string[];
  /** The name of each position; undefined for lotmint's own columns, secret ones and those without a name. */
  readonly positions: readonly (string | undefined)[];
  /** Every cell of the header as it is compared. */
  readonly folded: readonly string[];
  readonly idPosition: number;
  /** lotmint's column, or `external-<type>`, -> the manifest's name for it. */
  readonly standard: ReadonlyMap<string, string>;
  /** Names of the columns whose cells are not taken in, since they are secret. */
  readonly secret: readonly string[];
  /** Positions of columns that are passed over: secret ones, and those that lotmint added to a rejects file. */
  readonly passedOver: ReadonlySet<number>;
  readonly ownLot?: number;
  readonly ownLine?: number;
}

const MAX_COLUMNS = 1000;
const MAX_NAME = 256;
const KNOWN: ReadonlySet<string> = new Set(STANDARD_COLUMNS);

/**
 * Makes sense of a header row. Names are taken without blanks around them and invisible characters inside, and
 * compared whatever their case and Unicode form; `mapping` gives the manifest's names for lotmint's columns where they
 * differ, `secret` the columns to pass over. Throws `usage`.
 */
export function readHeader(
  cells: readonly string[],
  line: number,
  mapping: Readonly<Partial<Record<string, string>>>,
  file: string,
  secret: readonly string[] = [],
): ManifestHeader {
  const refuse = (message: string, column?: number) =>
    manifestError(file, { line, ...(column !== undefined && { column }) }, message);
  if (cells.length > MAX_COLUMNS) throw refuse(`the header has ${cells.length} columns, the most is ${MAX_COLUMNS}`);
  const byFolded = new Map<string, { readonly name: string; readonly position: number }>();
  for (const [position, cell] of cells.entries()) {
    const name = cleanColumnName(cell);
    const wrong = nameProblem(name);
    if (wrong !== undefined) throw refuse(wrong, position + 1);
    if (name === "") continue;
    const first = byFolded.get(fold(name));
    if (first !== undefined) {
      throw refuse(`the header names ${showText(name)} twice, first in column ${first.position + 1}`, position + 1);
    }
    byFolded.set(fold(name), { name, position });
  }
  const named = [...byFolded.values()].map(({ name }) => name);
  const listed = named.length === 0 ? "none" : named.map(showText).join(", ");
  const standard = new Map<string, string>();
  for (const [column, header] of Object.entries(mapping)) {
    if (header === undefined) continue;
    const found = byFolded.get(fold(header));
    if (found === undefined) {
      throw refuse(
        `the job takes ${column} from column ${showText(header)}, which is not there; columns are ${listed}`,
      );
    }
    standard.set(column.startsWith(EXTERNAL_PREFIX) ? column : fold(column), found.name);
  }
  const mapped = new Set(standard.values());
  for (const { name } of byFolded.values()) {
    const column = standardColumn(name);
    if (column !== undefined && !mapped.has(name) && !standard.has(column)) standard.set(column, name);
  }
  if (!standard.has("id" satisfies StandardColumn)) {
    throw refuse(
      `there is no column id; columns are ${listed}. Name the right one in the job, as in columns: { id: "Device ID" }`,
    );
  }
  const hidden = new Set([...ALWAYS_SECRET, ...secret].map(fold));
  const isOwn = (name: string) => fold(name).startsWith(OWN_PREFIX);
  const isSecret = (name: string) => hidden.has(fold(name));
  for (const [column, name] of standard) {
    if (isSecret(name))
      throw refuse(`column ${showText(name)} is secret (secretColumns) and used as ${column}; it cannot be both`);
  }
  const ownLot = byFolded.get(`${OWN_PREFIX}lot`)?.position;
  const ownLine = byFolded.get(`${OWN_PREFIX}line`)?.position;
  const isPassedOver = (name: string) => isOwn(name) || isSecret(name);
  return {
    names: named.filter((name) => !isPassedOver(name)),
    positions: cells.map((cell) => {
      const name = cleanColumnName(cell);
      return name === "" || isPassedOver(name) ? undefined : name;
    }),
    folded: cells.map(fold),
    idPosition: byFolded.get(fold(standard.get("id") ?? ""))?.position ?? 0,
    standard,
    secret: named.filter(isSecret),
    passedOver: new Set(
      [...byFolded.values()].filter(({ name }) => isPassedOver(name)).map(({ position }) => position),
    ),
    ...(ownLot !== undefined && { ownLot }),
    ...(ownLine !== undefined && { ownLine }),
  };
}

function standardColumn(name: string): string | undefined {
  const folded = fold(name);
  if (KNOWN.has(folded)) return folded;
  const type = name.slice(EXTERNAL_PREFIX.length);
  return folded.startsWith(EXTERNAL_PREFIX) && type !== "" ? `${EXTERNAL_PREFIX}${type}` : undefined;
}

function nameProblem(name: string): string | undefined {
  if (name.length > MAX_NAME)
    return `the column's name is longer than ${MAX_NAME} characters; is the first line a header?`;
  if (/\p{Cc}/u.test(name)) return "the column's name holds a control character or a line break";
  return name === "__proto__" ? "a column cannot be called __proto__" : undefined;
}
