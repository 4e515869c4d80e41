import { foldColumnName } from "../../domain/blank-text.ts";
import { ALWAYS_SECRET } from "../../domain/manifest-columns.ts";
import type { RejectRecord } from "../../domain/report.ts";
import type { RejectModel } from "../model.ts";

/** Longer cells are shown by their beginning: a cell may hold a whole certificate request. */
const LONGEST_CELL = 200;

/**
 * A rejected row as the page shows it: a reason of the form `column: what is wrong; what to do` is taken apart. A cell of a
 * secret column is never shown.
 */
export function rejectModel(
  { line, externalId, reason, cells }: RejectRecord,
  secretColumns: readonly string[] = [],
): RejectModel {
  const secret = new Set([...ALWAYS_SECRET, ...secretColumns].map(foldColumnName));
  const column = Object.keys(cells).find((name) => name !== "" && reason.startsWith(`${name}: `)) ?? null;
  const message = column === null ? reason : reason.slice(column.length + 2);
  const [wrong = "", cure] = splitOnce(message, "; ");
  const shown = column !== null && !secret.has(foldColumnName(column)) && Object.hasOwn(cells, column);
  return {
    line,
    externalId,
    column,
    cell: shown ? cut(cells[column] ?? "") : null,
    reason: wrong,
    cure: cure ?? null,
  };
}

function splitOnce(text: string, by: string): readonly [string, string?] {
  const at = text.indexOf(by);
  return at <= 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}

function cut(text: string): string {
  return text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL - 1)}…` : text;
}
