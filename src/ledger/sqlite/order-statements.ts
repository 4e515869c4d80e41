import type { DatabaseSync } from "node:sqlite";
import type { StoppedLot } from "../orders.ts";
import type { OrderStatements } from "../rules/statements/orders.ts";
import { prepare } from "./statement.ts";

export function orderStatements(database: DatabaseSync, clock: () => number): OrderStatements {
  const addStop = prepare(
    database,
    "INSERT INTO stopped_lots (folded, lot, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const removeStop = prepare(database, "DELETE FROM stopped_lots WHERE folded = ?");
  const stops = prepare<StoppedLot>(database, "SELECT lot, at_ms AS atMs FROM stopped_lots ORDER BY folded");
  const addSend = prepare(
    database,
    "INSERT INTO sends_asked (folded, lot, at_ms) VALUES (?, ?, ?) ON CONFLICT (folded) DO NOTHING",
  );
  const removeSend = prepare(database, "DELETE FROM sends_asked WHERE folded = ?");
  const sends = prepare<{ lot: string }>(database, "SELECT lot FROM sends_asked ORDER BY number");
  return {
    addStop: async (folded, lot) => addStop.run(folded, lot, clock()) === 1,
    removeStop: async (folded) => removeStop.run(folded) === 1,
    stops: async () => stops.all(),
    addSend: async (folded, lot) => addSend.run(folded, lot, clock()) === 1,
    removeSend: async (folded) => removeSend.run(folded) === 1,
    sends: async () => sends.all().map(({ lot }) => lot),
  };
}
