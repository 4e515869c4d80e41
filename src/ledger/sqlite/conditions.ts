import type { DatabaseSync } from "node:sqlite";
import { mayFollow, STAGES, type Stage } from "../../domain/stage.ts";
import { prepare } from "./statement.ts";

/** A batch's certificates are added in one statement, so their row numbers are a span and need no index. ?1 is the batch. */
export const IN_BATCH = `id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                 AND (SELECT last_certificate FROM batches WHERE number = ?1)`;

/** The stages that may come before this one, as the inside of an SQL `IN (...)`. */
export function stagesBefore(to: Stage): string {
  return STAGES.filter((from) => mayFollow(from, to))
    .map((stage) => `'${stage}'`)
    .join(", ");
}

export interface LiveDevice {
  readonly id: number;
  readonly externalId: string;
  /** Its place among the ids that were asked for. */
  readonly position: number;
}

/**
 * Prepares the look-up of a lot's devices that live under some ids and for which `condition` is true (`d` is the
 * device, `?3` a value of its own); each once. UPDATE statements get their row numbers from it: joined with a list of
 * ids, SQLite would go through all devices for each of them, since it knows nothing of their number.
 */
export function liveDevices(
  database: DatabaseSync,
  condition = "?3 IS NULL",
): (lot: number, externalIds: readonly string[], value?: number) => readonly LiveDevice[] {
  // CROSS JOIN: SQLite keeps the order, so that each id is one look-up in the index.
  const find = prepare<LiveDevice>(
    database,
    `SELECT d.id, d.external_id AS externalId, min(asked.key) AS position FROM json_each(?2) AS asked
     CROSS JOIN devices AS d ON d.external_id = asked.value AND d.live = 1
     WHERE +d.lot = ?1 AND ${condition} GROUP BY d.id ORDER BY position`,
  );
  return (lot, externalIds, value) => find.all(lot, JSON.stringify(externalIds), value ?? null);
}
