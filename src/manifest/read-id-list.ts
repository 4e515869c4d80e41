import { foldColumnName, showText, stripBlanks } from "../domain/blank-text.ts";
import { OnboardingError } from "../domain/error.ts";
import { decodeManifest } from "./decode-manifest.ts";
import { NOTHING_TAKEN } from "./manifest-error.ts";
import { type CsvRecord, readRecords } from "./read-records.ts";
import { spreadsheetProblem } from "./spreadsheet-problem.ts";

export interface IdListOptions {
  /** What errors call the file. */
  readonly name: string;
  /** Headers that stand for the id besides `id`; asked for only when there is no column id. */
  readonly otherHeaders: () => Promise<readonly string[]>;
}

/**
 * The ids that a file lists, page by page: one a line, or a column `id` as of a manifest, with all that a manifest's form may be (byte
 * order mark, UTF-16, separators, `sep=X`, blanks, rows of separators). Empty cells and a header that comes again are
 * passed over. Throws `usage` for a file that is no such list, perhaps after its first pages.
 */
export async function* readIdList(
  chunks: AsyncIterable<Uint8Array>,
  { name, otherHeaders }: IdListOptions,
): AsyncGenerator<readonly string[]> {
  const refuse = (message: string, line?: number) =>
    new OnboardingError(`${name}${line === undefined ? "" : `, line ${line}`}: ${message}; nothing was done`, {
      code: "usage",
    });
  let found = 0;
  let column: number | undefined;
  let header = "";
  try {
    for await (const records of readRecords(decodeManifest(chunks, name), name, "id")) {
      const ids: string[] = [];
      for (const record of records) {
        const isFirst = column === undefined;
        column ??= await findColumn(record, otherHeaders, refuse);
        const id = stripBlanks(record.cells[column] ?? "");
        if (isFirst && record.cells.length > 1) header = foldColumnName(id);
        if (id === "" || foldColumnName(id) === (header || "id")) continue;
        const wrong = spreadsheetProblem(id);
        if (wrong !== undefined) throw refuse(wrong, record.line);
        ids.push(id);
      }
      found += ids.length;
      yield ids;
    }
  } catch (error) {
    // Whatever is no CSV is no manifest either, but that is not what was asked for.
    if (!(error instanceof OnboardingError) || !error.message.endsWith(NOTHING_TAKEN)) throw error;
    const message = `${error.message.slice(0, -NOTHING_TAKEN.length)}; nothing was done`;
    throw new OnboardingError(message, { code: error.code, cause: error });
  }
  if (found === 0) throw refuse("it names no device");
}

/** Where the ids stand: a list of one column needs no header. */
async function findColumn(
  { cells, line }: CsvRecord,
  otherHeaders: IdListOptions["otherHeaders"],
  refuse: (message: string, line: number) => OnboardingError,
): Promise<number> {
  const names = cells.map(foldColumnName);
  const own = names.indexOf("id");
  if (own >= 0 || cells.length === 1) return Math.max(0, own);
  const others = new Set((await otherHeaders()).map(foldColumnName));
  const found = names.flatMap((name, position) => (name !== "" && others.has(name) ? [position] : []));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const listed = cells.map((cell) => showText(stripBlanks(cell))).join(", ");
  throw refuse(
    `there is no column id; columns are ${listed}. Call the column with the ids id, or list one id a line`,
    line,
  );
}
