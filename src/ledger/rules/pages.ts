import type { Engine } from "./engine.ts";
import type { Place } from "./statements/place.ts";
import type { Statements } from "./statements.ts";

const PAGE_ROWS = 500;

/** Before the first row of a lot. */
export const START: Place = { line: -1, id: -1 };

/**
 * A long table in pages, in order of (line, id). Each page is a read of its own: a reader that takes its
 * time holds no snapshot open, which would keep the log from being written back.
 */
export async function* pages<Row extends Place, Item>(
  read: Engine["read"],
  fetch: (on: Statements, after: Place, limit: number) => Promise<readonly Row[]>,
  itemOf: (row: Row) => Item,
): AsyncGenerator<readonly Item[], void, undefined> {
  let after = START;
  for (;;) {
    const from = after;
    const rows = await read((on) => fetch(on, from, PAGE_ROWS));
    if (rows.length > 0) yield rows.map(itemOf);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    after = last;
  }
}
