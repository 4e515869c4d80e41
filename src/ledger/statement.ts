import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** A prepared statement whose rows have a known shape: the SQL beside it is what vouches for the shape. */
export interface Statement<Row> {
  get(...values: readonly SQLInputValue[]): Row | undefined;
  all(...values: readonly SQLInputValue[]): readonly Row[];
  /** Runs it and says how many rows were changed. */
  run(...values: readonly SQLInputValue[]): number;
  /** Runs an INSERT and gives the new row's number. */
  insert(...values: readonly SQLInputValue[]): number;
}

/** Prepares one statement for the life of its connection. */
export function prepare<Row = never>(database: Pick<DatabaseSync, "prepare">, sql: string): Statement<Row> {
  const statement = database.prepare(sql);
  return {
    get: (...values) => statement.get(...values) as unknown as Row | undefined,
    all: (...values) => statement.all(...values) as unknown as readonly Row[],
    run: (...values) => Number(statement.run(...values).changes),
    insert: (...values) => Number(statement.run(...values).lastInsertRowid),
  };
}
