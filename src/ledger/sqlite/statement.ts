import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** A prepared statement whose rows have a known shape: the SQL beside it must produce that shape. */
export interface Statement<Row> {
  get(...values: readonly SQLInputValue[]): Row | undefined;
  all(...values: readonly SQLInputValue[]): readonly Row[];
  /** Runs it and says how many rows were changed. */
  run(...values: readonly SQLInputValue[]): number;
  /** Runs an INSERT and gives the new row's number. */
  insert(...values: readonly SQLInputValue[]): number;
}

/**
 * One statement for the life of its connection, prepared when it is first used. Values go to `?1`, `?2` … or `?` by their position, whatever
 * the version of Node.js; `numbersByPosition` says whether it does so by itself.
 */
export function prepare<Row = never>(
  database: Pick<DatabaseSync, "prepare">,
  sql: string,
  numbersByPosition: () => boolean = bindsNumbersByPosition,
): Statement<Row> {
  let prepared: Statement<Row> | undefined;
  const statement = (): Statement<Row> => {
    prepared ??=
      /\?\d/.test(sql) && !numbersByPosition()
        ? bindingByName<Row>(database.prepare(sql), sql)
        : bindingByPosition<Row>(database.prepare(sql));
    return prepared;
  };
  return {
    get: (...values) => statement().get(...values),
    all: (...values) => statement().all(...values),
    run: (...values) => statement().run(...values),
    insert: (...values) => statement().insert(...values),
  };
}

/** The same whose rows are arrays, in the order of the columns: half the cost where there are millions of them. */
export function prepareTuples<Row extends readonly unknown[]>(
  database: Pick<DatabaseSync, "prepare">,
  sql: string,
  numbersByPosition?: () => boolean,
): Statement<Row> {
  const tuples: Pick<DatabaseSync, "prepare"> = {
    prepare: (text) => {
      const statement = database.prepare(text);
      statement.setReturnArrays(true);
      return statement;
    },
  };
  return prepare<Row>(tuples, sql, numbersByPosition);
}

function bindingByPosition<Row>(statement: ReturnType<DatabaseSync["prepare"]>): Statement<Row> {
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
): (rows: readonly (readonly SQLInputValue[])[]) => number {
  const statements = WIDTHS.map((width) => ({
    width,
    statement: prepare(database, `${head} VALUES ${Array.from({ length: width }, () => values).join(", ")}`),
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
/** Hex as the octets that the tables hold. */
export function octets(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

export function octetsOrNull(hex: string | null): Buffer | null {
  return hex === null ? null : octets(hex);
}
