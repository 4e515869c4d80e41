import type { DatabaseSync } from "node:sqlite";
import type { GenerationRow, IdentityStatements } from "../rules/statements/identity.ts";
import { prepare } from "./statement.ts";

export function identityStatements(database: DatabaseSync): IdentityStatements {
  const all = prepare<GenerationRow>(database, "SELECT ledger, token FROM generations ORDER BY number DESC");
  const add = prepare(
    database,
    `INSERT INTO generations (number, ledger, token)
     SELECT number + 1, ledger, (number + 1) || '-' || lower(hex(randomblob(8)))
     FROM generations ORDER BY number DESC LIMIT 1`,
  );
  return {
    generations: async () => all.all(),
    addGeneration: async () => {
      add.run();
    },
  };
}
