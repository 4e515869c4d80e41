import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** A prepared statement whose rows have a known shape: the SQL beside it is what vouches for the shape. */
export interface Statement<Row> {
  get(...values: readonly SQLInputValue[]): Row | undefined;
  all(...values: readonly SQLInputValue[]): readonly Row[];
  /** Runs it and says how many rows were changed. */
  run(...values: readonly SQLInputValue[]): number;
  /** Runs an INSERT and gives the new row's number. */
  insert(...values: readonly SQLInputValue[]): number;
}

/**
 * Prepares one statement for the life of its connection. Values go to `?1`, `?2` … or `?` by their position, whatever
 * the version of Node.js; `numbersByPosition` says whether it does so by itself.
 */
export function prepare<Row = never>(
  database: Pick<DatabaseSync, "prepare">,
  sql: string,
  numbersByPosition: () => boolean = bindsNumbersByPosition,
): Statement<Row> {
  const statement = database.prepare(sql);
  if (/\?\d/.test(sql) && !numbersByPosition()) return bindingByName<Row>(statement, sql);
  return {
    get: (...values) => statement.get(...values) as unknown as Row | undefined,
    all: (...values) => statement.all(...values) as unknown as readonly Row[],
    run: (...values) => Number(statement.run(...values).changes),
    insert: (...values) => Number(statement.run(...values).lastInsertRowid),
  };
}

let byPosition: boolean | undefined;

/** Node.js 22 takes `?1` for a name, and passes over it when it hands out positions. Asked once: names cost an object a call. */
function bindsNumbersByPosition(): boolean {
  if (byPosition !== undefined) return byPosition;
  const probe = new DatabaseSync(":memory:");
  try {
    byPosition = probe.prepare("SELECT ?1 AS value").get(1)?.["value"] === 1;
  } catch {
    byPosition = false;
  } finally {
    probe.close();
  }
  return byPosition;
}

/** For a Node.js that knows numbered parameters by name only. */
function bindingByName<Row>(
  statement: Pick<ReturnType<DatabaseSync["prepare"]>, "get" | "all" | "run">,
  sql: string,
): Statement<Row> {
  const numbered = new Set(Array.from(sql.matchAll(/\?(\d+)/g), ([, number]) => Number(number)));
  const bind = (values: readonly SQLInputValue[]) => {
    const names = Object.fromEntries(
      values.flatMap((value, index) => (numbered.has(index + 1) ? [[`?${index + 1}`, value] as const] : [])),
    );
    return [names, ...values.filter((_, index) => !numbered.has(index + 1))] as const;
  };
  return {
    get: (...values) => statement.get(...bind(values)) as unknown as Row | undefined,
    all: (...values) => statement.all(...bind(values)) as unknown as readonly Row[],
    run: (...values) => Number(statement.run(...bind(values)).changes),
    insert: (...values) => Number(statement.run(...bind(values)).lastInsertRowid),
  };
}
