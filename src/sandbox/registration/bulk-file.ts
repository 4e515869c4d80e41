import { unprocessable } from "../http/request-refusal.ts";
import { type BulkColumns, readBulkColumns } from "./bulk-columns.ts";

export interface BulkLine {
  /** As it stands in the file. */
  readonly text: string;
  readonly cells: readonly string[];
}

export interface BulkFile {
  readonly columns: BulkColumns;
  readonly lines: readonly BulkLine[];
}

/** The separators that are looked for ([OAS]): no other, and no way to state one. */
const SEPARATORS = ["\t", ";", ","] as const;

/**
 * Reads a bulk registration file: first the header, then one device a line. Throws a 422 for what the
 * platform's text does not allow. The real code for a malformed file is documented nowhere; 422 is what
 * its other endpoints answer. The same goes for a byte order mark, quotes and stray control characters
 * in the rows: documented nowhere, so refused here.
 */
export function readBulkFile(content: Buffer): BulkFile {
  const text = decode(content);
  const lines = text.split(/\r\n|\n/);
  if (lines.at(-1) === "") lines.pop();
  const [header, ...rows] = lines;
  if (header === undefined || header.trim() === "") throw refused("the header is missing");
  for (const [index, row] of rows.entries()) {
    if (row.includes('"')) throw refused(`line ${index + 2} has a quote in a value`);
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(row)) throw refused(`line ${index + 2} has a control character`);
  }
  const separator = separatorOf(header);
  return {
    columns: readBulkColumns(separator === undefined ? [header] : header.split(separator)),
    lines: rows.map((row) => ({ text: row, cells: separator === undefined ? [row] : row.split(separator) })),
  };
}

/** The cell of ID in each line, for lines that have one. */
export function idsOf(file: BulkFile): string[] {
  const index = file.columns.known.get("ID") ?? 0;
  return file.lines.map((line) => line.cells[index] ?? "");
}

/** UTF-8, else ANSI: [OAS] allows both and has no way to tell which it is. */
function decode(content: Buffer): string {
  if (content.length === 0) throw refused("it is empty");
  if (content.includes(0)) throw refused("it holds NUL bytes");
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    if (text.startsWith("\ufeff")) throw refused("it starts with a byte order mark");
    return text;
  } catch (cause) {
    if (cause instanceof TypeError) return new TextDecoder("windows-1252").decode(content);
    throw cause;
  }
}

/** The separator that comes first in the header, outside of quoted names. */
function separatorOf(header: string): string | undefined {
  const bare = header.replace(/"[^"]*"/g, "");
  return [...bare].find((character) => (SEPARATORS as readonly string[]).includes(character));
}

function refused(reason: string): Error {
  return unprocessable("devicecontrol", `Could not parse CSV file: ${reason}`);
}
