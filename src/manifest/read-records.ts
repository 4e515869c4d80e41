import { CsvError, Parser } from "csv-parse";
import { showText, stripBlanks } from "../domain/blank-text.ts";
import type { ManifestForm } from "../domain/manifest-form.ts";
import { findSeparator, namedSeparator, type Separator } from "./find-separator.ts";
import { manifestError } from "./manifest-error.ts";

/** A row as it stands in the file. */
export interface CsvRecord {
  /** Line on which it starts. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** No row is longer, in characters; a lost quote would else swallow the rest of the file into one cell. */
const MAX_ROW = 1024 * 1024;
const LF = 0x0a;
const QUOTE = 0x22;

/** How the rows of a file are set apart. */
export type RowForm = Pick<ManifestForm, "separator" | "separatorLine" | "lineEnd">;

/**
 * Reads CSV (RFC 4180) from UTF-8 pieces: the header first, then the rows, in batches as the pieces give
 * them. Comma, semicolon or tab, named by a first line `sep=X` or found from the header; CRLF or LF, also mixed;
 * blank lines and rows of nothing but separators and blanks are passed over. Rows come with as many cells as they
 * have, and cells as they stand. Throws `usage` with line and column for anything that is not CSV. `onForm` is told
 * before the header comes.
 */
export async function* readRecords(
  pieces: AsyncIterable<Buffer>,
  file: string,
  idHeader: string,
  onForm?: (form: RowForm) => void,
): AsyncGenerator<readonly CsvRecord[]> {
  let head: Buffer = Buffer.alloc(0);
  let feed: CsvFeed | undefined;
  const open = (start: FileStart): CsvFeed => {
    const { separator, separatorLine, lineEnd, line } = start;
    onForm?.({ separator, separatorLine, lineEnd });
    return openFeed(file, separator, line);
  };
  for await (const piece of pieces) {
    if (feed === undefined) {
      head = Buffer.concat([head, piece]);
      const start = findStart(head, head.length > MAX_ROW, file, idHeader);
      if (start === undefined) continue;
      feed = open(start);
      yield await feed.push(head.subarray(start.offset));
    } else {
      yield await feed.push(piece);
    }
  }
  if (feed === undefined) {
    const start = findStart(head, true, file, idHeader);
    feed = open(start ?? { offset: 0, line: 0, separator: ",", separatorLine: false, lineEnd: "\n" });
    yield await feed.push(head.subarray(start?.offset ?? 0));
  }
  yield await feed.end();
}

interface FileStart extends RowForm {
  /** Where the header begins, in octets. */
  readonly offset: number;
  /** Lines before it. */
  readonly line: number;
}

/** Finds the header, the first line with anything on it but `sep=X`; undefined when it goes on beyond these bytes. */
function findStart(bytes: Buffer, isAll: boolean, file: string, idHeader: string): FileStart | undefined {
  let offset = 0;
  let named: Separator | undefined;
  for (let line = 0; ; line++) {
    const end = lineEndAt(bytes, offset);
    if (end === undefined && !isAll) return undefined;
    const text = bytes.subarray(offset, end).toString("utf8");
    if (isBlankLine(text)) {
      if (end === undefined) return undefined;
    } else {
      const separator = named === undefined ? namedSeparator(text) : undefined;
      if (separator === "unknown") {
        throw manifestError(
          file,
          { line: line + 1 },
          `the separator that ${showText(text.trim())} names is not read; comma, semicolon and tab are`,
        );
      }
      if (separator === undefined) {
        refuseBareCr(text, end, file);
        return {
          offset,
          line,
          separator: named ?? findSeparator(text.trim(), idHeader),
          separatorLine: named !== undefined,
          lineEnd: text.endsWith("\r") ? "\r\n" : "\n",
        };
      }
      named = separator;
      if (end === undefined) return undefined;
    }
    offset = end + 1;
  }
}

function isBlankLine(text: string): boolean {
  return stripBlanks(text.replace(/[,;\t"]/g, "")) === "";
}

/** Where this line ends; undefined when it goes on beyond these bytes. */
function lineEndAt(bytes: Buffer, offset: number): number | undefined {
  let quoted = false;
  for (let at = offset; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) quoted = !quoted;
    if (byte === LF && !quoted) return at;
  }
  return undefined;
}

function refuseBareCr(line: string, end: number | undefined, file: string): void {
  if (end === undefined && line.trim().includes("\r") && !line.includes("\n")) {
    throw manifestError(file, { line: 1 }, "the lines end with CR alone; save the file with CRLF or LF as line ends");
  }
}

interface CsvFeed {
  readonly push: (piece: Buffer) => Promise<readonly CsvRecord[]>;
  readonly end: () => Promise<readonly CsvRecord[]>;
}

/**
 * The parser hands its rows to `on_record` and keeps none, so that no object stream lies between. Its own
 * line counter takes CRLF in quotes for two line ends; here the line is counted from the rows' own text.
 */
function openFeed(file: string, separator: Separator, linesBefore: number): CsvFeed {
  let records: CsvRecord[] = [];
  let linesRead = linesBefore;
  const parser = new Parser({
    delimiter: separator,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    skip_empty_lines: true,
    // For blanks before an opening quote; other text around a cell is left to the reader of the rows.
    trim: true,
    max_record_size: MAX_ROW,
    on_record: (cells: string[], { empty_lines }) => {
      if (!cells.every(isBlank)) records.push({ line: linesRead + empty_lines + 1, cells });
      linesRead += 1 + countBreaks(cells);
      return null;
    },
  });
  const settle = (start: (done: (error?: Error | null) => void) => void) =>
    new Promise<readonly CsvRecord[]>((resolve, reject) => {
      start((error) => {
        if (error) {
          reject(explain(error, file, linesRead + parser.info.empty_lines + 1, cellsSoFar(parser)));
          return;
        }
        const read = records;
        records = [];
        resolve(read);
      });
    });
  // Without a listener the stream would end the whole program over an error that `settle` already tells.
  parser.on("error", () => {});
  return {
    push: (piece) => settle((done) => parser.write(piece, done)),
    end: () => settle((done) => parser.end(done)),
  };
}

function isBlank(cell: string): boolean {
  return cell === "" || stripBlanks(cell) === "";
}

function countBreaks(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf("\n"); at >= 0; at = cell.indexOf("\n", at + 1)) count++;
  }
  return count;
}

/** The finished cells of the row that could not be read; the parser's types do not tell of them. */
function cellsSoFar(parser: Parser): readonly string[] {
  const { state } = parser as { readonly state?: { readonly record?: unknown } };
  return Array.isArray(state?.record) ? state.record.map(String) : [];
}

function explain(error: Error, file: string, rowLine: number, before: readonly string[]): Error {
  if (!(error instanceof CsvError)) return error;
  const place = { line: rowLine + countBreaks(before), column: before.length + 1 };
  switch (error.code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return manifestError(file, place, "the quote that opens this cell is never closed", error);
    case "CSV_INVALID_CLOSING_QUOTE":
    case "CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE":
      return manifestError(
        file,
        place,
        "a quote inside this quoted cell is neither doubled nor the cell's end; double it, or close the cell",
        error,
      );
    case "INVALID_OPENING_QUOTE":
      return manifestError(
        file,
        place,
        "this cell holds a quote but does not begin with one; put the whole cell in quotes and double the inner one",
        error,
      );
    case "CSV_MAX_RECORD_SIZE":
      return manifestError(
        file,
        place,
        "the row that this cell belongs to is longer than 1 MiB; a closing quote may be missing",
        error,
      );
    default:
      return error;
  }
}
