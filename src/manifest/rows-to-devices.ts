import { randomInt } from "node:crypto";
import type { Device } from "../domain/device.ts";
import { type IdTable, makeIdTable } from "../domain/id-table.ts";
import type { RejectedRow } from "../domain/plan.ts";
import type { Problem } from "../domain/problem.ts";
import { MAX_ID } from "./check-id.ts";
import type { ManifestRow } from "./read-manifest.ts";
import { type RowRules, rowToDevice } from "./row-to-device.ts";

/** A run of consecutive rows, the good ones read as devices. */
export interface CheckedRows {
  readonly devices: readonly Device[];
  readonly rejected: readonly RejectedRow[];
}

/**
 * Reads rows as devices and sorts out the bad ones. An id that came before in the file, also with other
 * upper and lower case, is a bad row wherever the first one stands and whatever became of it.
 */
export async function* rowsToDevices(
  batches: AsyncIterable<readonly ManifestRow[]>,
  rules: RowRules,
): AsyncGenerator<CheckedRows> {
  const lineOfId = makeIdTable([randomInt(2 ** 32), randomInt(2 ** 32)]);
  for await (const rows of batches) {
    const devices: Device[] = [];
    const rejected: RejectedRow[] = [];
    for (const row of rows) {
      const read = rowToDevice(row, rules);
      const problems = [...("externalId" in read ? [] : read), ...duplicateOf(row, rules, lineOfId)];
      if (problems.length > 0) rejected.push(rejectRow(row, rules, problems));
      else if ("externalId" in read) devices.push(read);
    }
    yield { devices, rejected };
  }
}

function duplicateOf(row: ManifestRow, rules: RowRules, lineOfId: IdTable): readonly Problem[] {
  const column = rules.standard.get("id") ?? "id";
  const id = row.cells[column] ?? "";
  // At two code units to a character at most. A longer one is rejected for that already, and need not be remembered.
  if (id === "" || row.isHeader || id.length > 2 * MAX_ID) return [];
  const first = lineOfId.get(id);
  if (first === undefined) {
    lineOfId.set(id, row.line);
    return [];
  }
  return [{ line: row.line, field: column, message: `the id stands on line ${first} already (case does not count)` }];
}

/** One problem that tells all: the reason in rejects.csv is one cell. */
function rejectRow(row: ManifestRow, rules: RowRules, problems: readonly Problem[]): RejectedRow {
  const fields = new Set(problems.map(({ field }) => field));
  const [field = ""] = fields;
  const message =
    fields.size === 1
      ? problems.map((problem) => problem.message).join("; ")
      : problems
          .map((problem) => (problem.field === "" ? problem.message : `${problem.field}: ${problem.message}`))
          .join("; ");
  return {
    problem: { line: row.line, field: fields.size === 1 ? field : "", message },
    externalId: row.isHeader ? "" : (row.cells[rules.standard.get("id") ?? "id"] ?? ""),
    cells: row.cells,
  };
}
