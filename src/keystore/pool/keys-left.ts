import type { PoolClaim, PoolCount } from "../../ledger/key-pool.ts";

/** How many keys of an algorithm a pool can still hand out, by the ledger's counts (`countPoolKeys`). */
export function keysLeft(counts: readonly PoolCount[], { pool, algorithm }: PoolClaim): number {
  return counts.find((count) => count.pool === pool && count.algorithm === algorithm)?.available ?? 0;
}
