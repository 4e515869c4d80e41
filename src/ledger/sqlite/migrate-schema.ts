import type { DatabaseSync } from "node:sqlite";
import { damaged } from "../rules/damaged.ts";
import { prepare } from "./statement.ts";

/** What a migration needs of a database. */
export type SchemaDatabase = Pick<DatabaseSync, "exec" | "prepare" | "isTransaction">;

/** "lotm": tells a ledger from any other SQLite file. */
const APPLICATION_ID = 0x6c6f746d;

/**
 * Refuses (`state-damaged`) a database that is not a ledger or that a newer lotmint made, and changes
 * nothing. An empty file is a ledger at version 0.
 */
export function requireLedger(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  const version = schemaVersion(database);
  const application = prepare<{ application_id: number }>(database, "PRAGMA application_id").get()?.application_id;
  const tables = prepare<{ n: number }>(database, "SELECT count(*) AS n FROM sqlite_schema").get()?.n ?? 0;
  if (application !== APPLICATION_ID && (version > 0 || tables > 0)) {
    throw damaged(`${path} is a database of something else; restore the ledger with \`lotmint restore\``);
  }
  if (version > migrations.length) {
    throw damaged(
      `${path} was made by a newer lotmint: it is at version ${version}, this one knows ${migrations.length}; use the newer lotmint`,
    );
  }
}

/** Brings a ledger to the newest version, one transaction a migration. Two runs that start together do it once. */
export function migrateSchema(database: SchemaDatabase, migrations: readonly string[]): void {
  for (const [index, sql] of migrations.entries()) {
    if (schemaVersion(database) > index) continue;
    database.exec("BEGIN IMMEDIATE");
    try {
      // Asked again now that nobody else can write: the number is claimed before the work is done.
      if (schemaVersion(database) === index) {
        database.exec(`PRAGMA user_version = ${index + 1}; PRAGMA application_id = ${APPLICATION_ID};`);
        database.exec(sql);
      }
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}

function schemaVersion(database: SchemaDatabase): number {
  return prepare<{ user_version: number }>(database, "PRAGMA user_version").get()?.user_version ?? 0;
}
