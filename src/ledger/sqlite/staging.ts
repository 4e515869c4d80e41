import { DatabaseSync } from "node:sqlite";
import { setImmediate as pass } from "node:timers/promises";
import type { Staging } from "../rules/engine.ts";
import { ledgerError } from "./ledger-error.ts";
import { prepare } from "./statement.ts";

/**
 * A private temporary database: SQLite keeps it in memory while it is small, and else in a file without a name in
 * the system's folder for temporary files, which goes when it is closed or the process ends.
 */
export function openStaging(): Staging {
  const database = new DatabaseSync("");
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2048");
  database.exec("CREATE TABLE staged (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
  const add = prepare(database, "INSERT INTO staged (text) VALUES (?)");
  const next = prepare<{ id: number; text: string }>(
    database,
    "SELECT id, text FROM staged WHERE id > ? ORDER BY id LIMIT 1",
  );
  const guard = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw ledgerError(error, "(its temporary file)");
    }
  };
  return {
    add: async (text) => {
      guard(() => add.run(text));
    },
    all: async function* () {
      for (let id = 0; ; ) {
        const from = id;
        const row = guard(() => next.get(from));
        if (row === undefined) return;
        yield row.text;
        id = row.id;
        await pass();
      }
    },
    close: () => database.close(),
  };
}
