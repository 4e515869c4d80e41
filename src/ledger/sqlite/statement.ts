import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** A prepared statement whose rows have a known shape: the SQL beside it is what vouches for the shape. */
export interface Statement<Row> {
  get(...values: readonly SQLInputValue[]): Row | undefined;
  all(...values: readonly SQLInputValue[]): readonly Row[];
  /** Runs it and says how many rows were changed. */
  run(...values: readonly SQLInputValue[]): number;
  /** Runs an INSERT and gives the new row's number. */
  insert(...values: readonly SQLInputValue[]): number;
}

/** One statement for the life of its connection, prepared when it is first used. */
export function prepare<Row = never>(database: DatabaseSync, sql: string): Statement<Row> {
  let prepared: StatementSync | undefined;
  const statement = () => {
    prepared ??= database.prepare(sql);
    return prepared;
  };
  return {
    get: (...values) => statement().get(...values) as unknown as Row | undefined,
    all: (...values) => statement().all(...values) as unknown as readonly Row[],
    run: (...values) => Number(statement().run(...values).changes),
    insert: (...values) => Number(statement().run(...values).lastInsertRowid),
  };
}

/** Rows in one statement. SQLite takes up to 32,766 values; more rows than this save nothing any more. */
const WIDTHS = [64, 8, 1] as const;

/**
 * Inserts any number of rows with few statements. `values` is one row of the VALUES list, such as `(?, ?, 'x')`.
 * Says how many rows were changed.
 */
export function prepareRows(
  database: DatabaseSync,
  head: string,
  values: string,
  tail = "",
): (rows: readonly (readonly SQLInputValue[])[]) => number {
  const statements = WIDTHS.map((width) => ({
    width,
    statement: prepare(database, `${head} VALUES ${Array.from({ length: width }, () => values).join(", ")} ${tail}`),
  }));
  return (rows) => {
    let changed = 0;
    let start = 0;
    for (const { width, statement } of statements) {
      for (; rows.length - start >= width; start += width) {
        changed += statement.run(...rows.slice(start, start + width).flat());
      }
    }
    return changed;
  };
}
