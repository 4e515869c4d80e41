import type { ManifestCells } from "../domain/device.ts";
import type { Problem } from "../domain/problem.ts";
import type { Piece } from "./compile-templates.ts";
import type { ManifestRow } from "./read-manifest.ts";

/** One row while it is being read: its cells, and what has been found wrong so far. */
export interface RowReading {
  readonly line: number;
  readonly cells: ManifestCells;
  /** lotmint's column -> the manifest's name for it. */
  readonly standard: ReadonlyMap<string, string>;
  readonly externalId: string;
  readonly problems: Problem[];
}

export function startReading(row: ManifestRow, standard: ReadonlyMap<string, string>): RowReading {
  const idColumn = standard.get("id");
  const externalId = idColumn === undefined ? "" : (row.cells[idColumn] ?? "");
  return { line: row.line, cells: row.cells, standard, externalId, problems: [] };
}

/** The cell of one of lotmint's columns; undefined where it is empty or the column is not there. */
export function cellOf(reading: RowReading, column: string): string | undefined {
  const own = reading.standard.get(column);
  const value = own === undefined ? undefined : reading.cells[own];
  return value === "" ? undefined : value;
}

/** The manifest's own name for one of lotmint's columns. */
export function ownName(reading: RowReading, column: string): string {
  return reading.standard.get(column) ?? column;
}

/** Records a problem with a column, by the manifest's own name for it; "" for the row. */
export function addProblem(reading: RowReading, field: string, message: string): void {
  reading.problems.push({ line: reading.line, field, message });
}

/** Fills a template; where a column is empty, its name comes back instead. */
export function fillTemplate(
  reading: RowReading,
  pieces: readonly Piece[],
): { readonly text: string } | { readonly empty: string } {
  let text = "";
  for (const piece of pieces) {
    if (piece.kind === "text") text += piece.text;
    else if (piece.kind === "id") text += reading.externalId;
    else {
      const value = reading.cells[piece.column] ?? "";
      if (value === "") return { empty: piece.column };
      text += value;
    }
  }
  return { text };
}

/** The column that a template takes its value from, for a message; "" when it takes none. */
export function columnOf(reading: RowReading, pieces: readonly Piece[]): string {
  for (const piece of pieces) {
    if (piece.kind === "cell") return piece.column;
    if (piece.kind === "id") return ownName(reading, "id");
  }
  return "";
}
