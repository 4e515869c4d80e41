import type { DatabaseSync } from "node:sqlite";
import type { PoolCount, PoolSegment, PoolTake, UnwipedTake } from "../key-pool.ts";
import type { KeyPoolStatements } from "../rules/statements/key-pool.ts";
import { IN_BATCH } from "./conditions.ts";
import { prepare } from "./statement.ts";

const TAKE = "s.segment, s.algorithm, t.first, t.keys";

export function keyPoolStatements(database: DatabaseSync): KeyPoolStatements {
  const add = prepare(
    database,
    "INSERT INTO pool_segments (pool, algorithm, segment, keys) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  // `before`: how many keys the older segments have left.
  const take = prepare(
    database,
    `INSERT INTO pool_takes (batch, segment, first, keys)
     SELECT ?1, id, taken, min(left_keys, ?4 - before) FROM (
       SELECT id, taken, keys - taken AS left_keys,
              coalesce(sum(keys - taken) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
       FROM pool_segments WHERE pool = ?2 AND algorithm = ?3 AND taken < keys AND gone = 0
     ) WHERE before < ?4`,
  );
  const countTaken = prepare(
    database,
    `UPDATE pool_segments SET taken = taken + t.keys
     FROM pool_takes AS t WHERE t.batch = ?1 AND t.segment = pool_segments.id`,
  );
  const takenBy = prepare<{ n: number }>(
    database,
    "SELECT coalesce(sum(keys), 0) AS n FROM pool_takes WHERE batch = ?1",
  );
  const ofBatch = prepare<PoolTake>(
    database,
    `SELECT ${TAKE} FROM pool_takes AS t JOIN pool_segments AS s ON s.id = t.segment WHERE t.batch = ? ORDER BY s.id`,
  );
  const counts = prepare<PoolCount>(
    database,
    `SELECT pool, algorithm, sum(keys - taken) AS available FROM pool_segments WHERE gone = 0
     GROUP BY pool, algorithm ORDER BY pool, algorithm`,
  );
  const segments = prepare<Omit<PoolSegment, "spent"> & { readonly spent: number }>(
    database,
    `SELECT pool, algorithm, segment, keys, taken,
            taken = keys AND NOT EXISTS
              (SELECT 1 FROM pool_takes AS t WHERE t.segment = pool_segments.id AND t.wiped = 0) AS spent
     FROM pool_segments WHERE gone = 0 ORDER BY id`,
  );
  const unwiped = prepare<UnwipedTake>(
    database,
    `SELECT t.batch, ${TAKE} FROM pool_takes AS t
     JOIN pool_segments AS s ON s.id = t.segment JOIN batches AS b ON b.number = t.batch
     WHERE t.wiped = 0 AND s.pool = ? AND b.state <> 'reserved' ORDER BY t.batch, s.id`,
  );
  const setWiped = prepare(
    database,
    `UPDATE pool_takes SET wiped = 1 WHERE wiped = 0
       AND batch IN (SELECT number FROM batches
                     WHERE number IN (SELECT value FROM json_each(?2)) AND state <> 'reserved')
       AND segment IN (SELECT id FROM pool_segments WHERE pool = ?1)`,
  );
  const retire = prepare<{ segment: string; left: number }>(
    database,
    `UPDATE pool_segments SET gone = 1 WHERE gone = 0 AND segment IN (SELECT value FROM json_each(?))
     RETURNING segment, keys - taken AS left`,
  );
  const mine = `SELECT public_key_sha256 AS key FROM certificates WHERE ${IN_BATCH} AND state = 'issued'
       AND EXISTS (SELECT 1 FROM pool_takes WHERE batch = ?1)`;
  const repeated = prepare<{ publicKeySha256: string }>(
    database,
    `WITH mine AS (${mine})
     SELECT lower(hex(key)) AS publicKeySha256 FROM mine
     WHERE key IN (SELECT sha256 FROM pool_public_keys)
        OR key IN (SELECT key FROM mine GROUP BY key HAVING count(*) > 1) LIMIT 1`,
  );
  const keep = prepare(database, `INSERT INTO pool_public_keys (sha256) ${mine}`);
  return {
    addPoolSegment: async ({ pool, algorithm, segment, keys }) => add.run(pool, algorithm, segment, keys) === 1,
    takePoolKeys: async (batch, { pool, algorithm }, keys) => {
      take.run(batch, pool, algorithm, keys);
      countTaken.run(batch);
      return takenBy.get(batch)?.n ?? 0;
    },
    poolKeysOf: async (batch) => ofBatch.all(batch).map((row) => ({ ...row })),
    countPoolKeys: async () => counts.all().map((row) => ({ ...row })),
    poolSegments: async () => segments.all().map(({ spent, ...row }) => ({ ...row, spent: spent === 1 })),
    unwipedTakes: async (pool) => unwiped.all(pool).map((row) => ({ ...row })),
    setWiped: async (pool, batches) => setWiped.run(pool, JSON.stringify(batches)),
    retireSegments: async (names) => retire.all(JSON.stringify(names)).map((row) => ({ ...row })),
    repeatedPoolKeys: async (batch) => repeated.all(batch).map((row) => row.publicKeySha256),
    keepPoolPublicKeys: async (batch) => {
      keep.run(batch);
    },
  };
}
