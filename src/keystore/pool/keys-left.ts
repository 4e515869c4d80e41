import type { KeyPool, PoolClaim } from "../../ledger/key-pool.ts";

/** How many keys of an algorithm a pool can still hand out. */
export async function keysLeft(
  ledger: Pick<KeyPool, "countPoolKeys">,
  { pool, algorithm }: PoolClaim,
): Promise<number> {
  const counts = await ledger.countPoolKeys();
  return counts.find((count) => count.pool === pool && count.algorithm === algorithm)?.available ?? 0;
}
