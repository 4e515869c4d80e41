import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { reasonOf } from "../disk/disk-error.ts";
import { foldColumnName, showText, stripBlanks } from "../domain/blank-text.ts";
import type { ManifestCells } from "../domain/device.ts";
import { foldLotName } from "../domain/lot.ts";
import { type ManifestForm, PLAIN_FORM } from "../domain/manifest-form.ts";
import { nounFor } from "../domain/noun-for.ts";
import type { Problem } from "../domain/problem.ts";
import { decodeManifest } from "./decode-manifest.ts";
import { manifestError } from "./manifest-error.ts";
import { type ManifestHeader, readHeader } from "./read-header.ts";
import { type CsvRecord, readRecords } from "./read-records.ts";

/** A row of a manifest, by the manifest's own names; cells without blanks around them. */
export interface ManifestRow {
  /** Line on which it starts; in a corrected rejects file, the line that it had in its manifest. */
  readonly line: number;
  readonly cells: ManifestCells;
  /** What is wrong with the row as a row. */
  readonly problems: readonly Problem[];
  /** True for the header that comes again, which names no device. */
  readonly isHeader?: boolean;
}

/** An opened manifest, its header read and found good. */
export interface Manifest {
  /** The file's name without its folder. */
  readonly name: string;
  readonly header: ManifestHeader;
  readonly form: ManifestForm;
  /** The lot that a corrected rejects file belongs to, from its `lotmint:lot` column. */
  readonly correctedLot?: string;
  /**
   * All rows, once, in batches of at most a few thousand. Throws `usage`, with line and column, where the
   * file turns out to be unfit: then nothing of it may be taken in.
   */
  readonly rows: AsyncIterable<readonly ManifestRow[]>;
  /** SHA-256 of the file's bytes in lower-case hex, once all rows have been read. */
  readonly sha256: () => string;
  /** Lets go of the file when its rows are not wanted after all. */
  readonly close: () => Promise<void>;
}

export interface ManifestOptions {
  /** lotmint's column -> the manifest's header for it, where they differ. */
  readonly columns: Readonly<Partial<Record<string, string>>>;
  /** Columns whose cells are not taken in. */
  readonly secretColumns?: readonly string[] | undefined;
  /** What errors call the file; its own name unless told. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

/** A longer cell is no name and no certificate request. In characters. */
const MAX_CELL = 64 * 1024;

/**
 * Opens a CSV manifest and reads its header. It is read as a stream: memory stays flat however long it
 * is. Throws `usage` for a file that is no manifest.
 */
export async function readManifest(path: string, options: ManifestOptions): Promise<Manifest> {
  const name = options.name ?? basename(path);
  const hash = createHash("sha256");
  let digest: string | undefined;
  async function* bytes() {
    try {
      for await (const chunk of createReadStream(path, { signal: options.signal })) {
        hash.update(chunk as Buffer);
        yield chunk as Buffer;
      }
    } catch (error) {
      throw unreadable(error, name, path);
    }
    digest = hash.digest("hex");
  }
  let form = PLAIN_FORM;
  const noteForm = (part: Partial<ManifestForm>) => {
    form = { ...form, ...part };
  };
  const text = decodeManifest(bytes(), name, noteForm);
  const batches = readRecords(text, name, options.columns["id"] ?? "id", noteForm);
  const { header, first } = await readStart(batches, options, name).catch(async (error: unknown) => {
    await batches.return(undefined);
    throw error;
  });
  const correctedLot = lotOf(first[0], header);
  return {
    name,
    header,
    form: { ...form, secretColumns: header.secret },
    ...(correctedLot !== undefined && { correctedLot }),
    rows: readRows(first, batches, header, correctedLot, name),
    sha256: () => {
      if (digest === undefined) throw new Error("a manifest's digest is known once all of it has been read");
      return digest;
    },
    close: async () => {
      await batches.return(undefined);
    },
  };
}

/** Reads until there are a header and a row, and the header is good. */
async function readStart(
  batches: AsyncIterator<readonly CsvRecord[]>,
  options: ManifestOptions,
  name: string,
): Promise<{ readonly header: ManifestHeader; readonly first: readonly [CsvRecord, ...CsvRecord[]] }> {
  let records: readonly CsvRecord[] = [];
  while (records.length < 2) {
    const next = await batches.next();
    if (next.done === true) break;
    records = [...records, ...next.value];
  }
  const [head, firstRow, ...others] = records;
  if (head === undefined) throw manifestError(name, {}, "the file is empty; it must begin with a header");
  const header = readHeader(head.cells, head.line, options.columns, name, options.secretColumns);
  if (firstRow === undefined) throw manifestError(name, {}, "the file holds a header but no device");
  if (lotOf(firstRow, header) === "") {
    throw manifestError(name, { line: firstRow.line }, "lotmint:lot is empty; leave the lotmint: columns as they are");
  }
  return { header, first: [firstRow, ...others] };
}

async function* readRows(
  first: readonly CsvRecord[],
  rest: AsyncIterable<readonly CsvRecord[]>,
  header: ManifestHeader,
  correctedLot: string | undefined,
  name: string,
): AsyncGenerator<readonly ManifestRow[]> {
  const toRow = (record: CsvRecord) => makeRow(record, header, correctedLot, name);
  // Two rejects files in one: the second one's header is no row of any manifest.
  const isRow = (record: CsvRecord) => header.ownLine === undefined || !isWholeHeader(record, header);
  yield first.filter(isRow).map(toRow);
  for await (const records of rest) {
    if (records.length > 0) yield records.filter(isRow).map(toRow);
  }
}

function makeRow(
  record: CsvRecord,
  header: ManifestHeader,
  correctedLot: string | undefined,
  name: string,
): ManifestRow {
  const { positions } = header;
  const line = lineOf(record, header, name);
  if (correctedLot !== undefined && foldLotName(lotOf(record, header) ?? "") !== foldLotName(correctedLot)) {
    throw manifestError(
      name,
      { line: record.line },
      `the row belongs to another lot than ${showText(correctedLot)}; leave the lotmint: columns as they are, one lot to a file`,
    );
  }
  const cells: Record<string, string> = {};
  const problems: Problem[] = [];
  for (let position = 0; position < positions.length; position++) {
    const column = positions[position];
    const cell = stripBlanks(record.cells[position] ?? "");
    if (column !== undefined) cells[column] = cell;
    if (cell.length > MAX_CELL) {
      problems.push({ line, field: column ?? "", message: `the cell is longer than ${MAX_CELL} characters` });
    }
    if (column === undefined && cell !== "" && !header.passedOver.has(position)) {
      const message = `cell ${position + 1} is filled, but its column has no name in the header`;
      problems.push({ line, field: "", message });
    }
  }
  const surplus = record.cells.findIndex((cell, position) => position >= positions.length && stripBlanks(cell) !== "");
  if (surplus >= 0) {
    const message = `cell ${surplus + 1} is filled, but the header has ${positions.length} ${nounFor(positions.length, "column")}; a separator in a cell may lack its quotes`;
    problems.push({ line, field: "", message });
  }
  const isHeader = repeatsHeader(record, header);
  if (isHeader) problems.push({ line, field: "", message: "the row is the header again; remove it" });
  return { line, cells, problems, ...(isHeader && { isHeader }) };
}

/** True for a row that holds the id column's name as its id, or among nothing but names of columns in another order. */
function repeatsHeader({ cells }: CsvRecord, { folded, idPosition }: ManifestHeader): boolean {
  const idName = folded[idPosition] ?? "";
  if (foldColumnName(cells[idPosition] ?? "") === idName) return true;
  // Most rows are none, and need no more than this.
  if (!folded.includes(foldColumnName(cells[0] ?? ""))) return false;
  const filled = cells.map(foldColumnName).filter((cell) => cell !== "");
  return filled.length > 1 && filled.includes(idName) && filled.every((cell) => folded.includes(cell));
}

/** The header of a rejects file once more, its `lotmint:` columns included. */
function isWholeHeader({ cells }: CsvRecord, { folded, ownLine }: ManifestHeader): boolean {
  if (ownLine === undefined || foldColumnName(cells[ownLine] ?? "") !== folded[ownLine]) return false;
  return cells.every((cell, position) => foldColumnName(cell) === (folded[position] ?? ""));
}

function lotOf(record: CsvRecord, header: ManifestHeader): string | undefined {
  return header.ownLot === undefined ? undefined : stripBlanks(record.cells[header.ownLot] ?? "");
}

function lineOf(record: CsvRecord, header: ManifestHeader, name: string): number {
  if (header.ownLine === undefined) return record.line;
  const text = stripBlanks(record.cells[header.ownLine] ?? "");
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw manifestError(
    name,
    { line: record.line, column: header.ownLine + 1 },
    `lotmint:line must hold the line number that lotmint wrote, and holds ${showText(text.slice(0, 40))}`,
  );
}

function unreadable(error: unknown, name: string, path: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return manifestError(name, {}, "there is no such file", error);
  if (code === "EISDIR") return manifestError(name, {}, "this is a folder, not a manifest", error);
  const reason = reasonOf(error, path);
  if (reason !== undefined) return manifestError(name, {}, `the file cannot be read: ${reason}`, error);
  return error;
}
