import { stringify } from "csv-stringify/sync";
import type { RejectRecord } from "../domain/report.ts";

/** Columns that lotmint adds, by which a mended file finds back to its lot. */
const OWN_COLUMNS = ["lotmint:lot", "lotmint:line", "lotmint:reason"] as const;

/**
 * rejects.csv, one chunk a page: the manifest's own columns, then lotmint's. Cells come back exactly as
 * they came, also such as a spreadsheet would take for a formula; mended, the file is a manifest again.
 * Header and nothing else when there are no rejects.
 */
export async function* rejectsCsv(
  lot: string,
  headers: readonly (readonly string[])[],
  pages: AsyncIterable<readonly RejectRecord[]>,
): AsyncGenerator<string> {
  const columns = manifestColumns(headers);
  yield toCsv([[...columns, ...OWN_COLUMNS]]);
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield toCsv(
      page.map(({ cells, line, reason }) => [
        ...columns.map((column) => (Object.hasOwn(cells, column) ? (cells[column] ?? "") : "")),
        lot,
        String(line),
        reason,
      ]),
    );
  }
}

/** The columns of all manifests of the lot, in the order in which they first came. */
function manifestColumns(headers: readonly (readonly string[])[]): string[] {
  return [...new Set(headers.flat())].filter((column) => !column.toLowerCase().startsWith("lotmint:"));
}

/** Quotes where RFC 4180 asks for them, and around spaces at either end, which a reader might trim. */
function toCsv(rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { quoted_match: /[\r\n]|^\s|\s$/, escape_formulas: false, record_delimiter: "unix" },
  );
}
