import { CsvError, Parser } from "csv-parse";
import { findSeparator } from "./find-separator.ts";
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
const CR = 0x0d;
const QUOTE = 0x22;

/**
 * Reads CSV (RFC 4180) from UTF-8 pieces: the header first, then the rows, in batches as the pieces give
 * them. Comma, semicolon or tab, found from the header; CRLF or LF, also mixed; blank lines are passed
 * over. Rows come with as many cells as they have. Throws `usage` with line and column for anything that
 * is not CSV.
 */
export async function* readRecords(
  pieces: AsyncIterable<Buffer>,
  file: string,
  idHeader: string,
): AsyncGenerator<readonly CsvRecord[]> {
  let head: Buffer = Buffer.alloc(0);
  let feed: CsvFeed | undefined;
  for await (const piece of pieces) {
    if (feed === undefined) {
      head = Buffer.concat([head, piece]);
      const end = headerEnd(head);
      if (end === undefined && head.length <= MAX_ROW) continue;
      feed = openFeed(file, findSeparator(headerLine(head, end, file), idHeader));
      yield await feed.push(head);
    } else {
      yield await feed.push(piece);
    }
  }
  if (feed === undefined) {
    feed = openFeed(file, findSeparator(headerLine(head, undefined, file), idHeader));
    yield await feed.push(head);
  }
  yield await feed.end();
}

/** Where the first line with anything on it ends; undefined when it goes on beyond these bytes. */
function headerEnd(bytes: Buffer): number | undefined {
  let quoted = false;
  let started = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) quoted = !quoted;
    if (byte === LF && started && !quoted) return at;
    if (byte !== LF && byte !== CR) started = true;
  }
  return undefined;
}

function headerLine(bytes: Buffer, end: number | undefined, file: string): string {
  const line = bytes.subarray(0, end).toString("utf8").trim();
  if (end === undefined && line.includes("\r") && !line.includes("\n")) {
    throw manifestError(file, { line: 1 }, "the lines end with CR alone; save the file with CRLF or LF as line ends");
  }
  return line;
}

interface CsvFeed {
  readonly push: (piece: Buffer) => Promise<readonly CsvRecord[]>;
  readonly end: () => Promise<readonly CsvRecord[]>;
}

/**
 * The parser hands its rows to `on_record` and keeps none, so that no object stream lies between. Its own
 * line counter takes CRLF in quotes for two line ends; here the line is counted from the rows' own text.
 */
function openFeed(file: string, separator: string): CsvFeed {
  let records: CsvRecord[] = [];
  let linesRead = 0;
  const parser = new Parser({
    delimiter: separator,
    record_delimiter: ["\r\n", "\n"],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW,
    on_record: (cells: string[], { empty_lines }) => {
      records.push({ line: linesRead + empty_lines + 1, cells });
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
  // Without a listener the stream would end the whole program over a fault that `settle` already tells.
  parser.on("error", () => {});
  return {
    push: (piece) => settle((done) => parser.write(piece, done)),
    end: () => settle((done) => parser.end(done)),
  };
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
