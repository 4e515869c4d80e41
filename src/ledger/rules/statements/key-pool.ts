import type { NewPoolSegment, PoolClaim, PoolCount, PoolSegment, PoolTake, UnwipedTake } from "../../key-pool.ts";

export interface KeyPoolStatements {
  /** False when the segment is there already. */
  addPoolSegment(segment: NewPoolSegment): Promise<boolean>;
  /** Hands out up to so many keys to a batch, from the oldest segments; says how many there were. */
  takePoolKeys(batch: number, claim: PoolClaim, keys: number): Promise<number>;
  poolKeysOf(batch: number): Promise<readonly PoolTake[]>;
  countPoolKeys(): Promise<readonly PoolCount[]>;
  poolSegments(): Promise<readonly PoolSegment[]>;
  unwipedTakes(pool: string): Promise<readonly UnwipedTake[]>;
  /** Says how many were marked; those of batches that are reserved still are left out. */
  setWiped(pool: string, batches: readonly number[]): Promise<number>;
  /** Gives those that were there, each with the keys that nobody had taken. */
  retireSegments(segments: readonly string[]): Promise<readonly { readonly segment: string; readonly left: number }[]>;
  /** Public keys of the batch that another certificate has whose key may have come from a pool, if the batch took keys from one. */
  repeatedPoolKeys(batch: number): Promise<readonly string[]>;
  /** Keeps the public keys of a batch that drew from a pool, for the question of later batches. */
  keepPoolPublicKeys(batch: number): Promise<void>;
}
