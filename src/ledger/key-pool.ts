import type { PoolAlgorithm } from "../domain/key-pool.ts";

/**
 * Which keys of the pool have been filled in, handed out and wiped; of the keys themselves the ledger knows nothing.
 * Keys are handed out by `claimBatch` and `reserveRemint`, in the transaction that reserves the batch, and never again,
 * whatever becomes of the batch.
 */
export interface KeyPool {
  /** Records a file of sealed keys that is in place, durably: from here on its keys are handed out. */
  addPoolSegment(segment: NewPoolSegment): Promise<void>;
  /** The keys that were handed out to a batch, in their order. */
  poolKeysOf(batch: number): Promise<readonly PoolTake[]>;
  /** The keys that are left, by pool and algorithm. */
  countPoolKeys(): Promise<readonly PoolCount[]>;
  /** The pool's files that are not known to be gone, oldest first, those of other pools included. */
  poolSegments(): Promise<readonly PoolSegment[]>;
  /** Keys of this pool that are handed out, whose batches are decided, and which are not known to be wiped. */
  unwipedTakes(pool: string): Promise<readonly UnwipedTake[]>;
  /** Records that the keys handed out to these batches are wiped; may be said again. */
  commitWiped(pool: string, batches: readonly number[]): Promise<void>;
  /** Records that these files are gone: what is left of their keys is never handed out. May be said again. */
  retirePoolSegments(segments: readonly string[]): Promise<void>;
}

/** What a batch takes its keys from. */
export interface PoolClaim {
  readonly pool: string;
  readonly algorithm: PoolAlgorithm;
}

export interface NewPoolSegment extends PoolClaim {
  /** Random, 32 hex digits; also the file's name. */
  readonly segment: string;
  readonly keys: number;
}

export interface PoolSegment extends NewPoolSegment {
  /** How many have been handed out: always the first ones. */
  readonly taken: number;
  /** True when all are handed out, and none is unwiped. */
  readonly spent: boolean;
}

/** Neighbouring keys of one file. */
export interface PoolTake {
  readonly segment: string;
  readonly algorithm: PoolAlgorithm;
  readonly first: number;
  readonly keys: number;
}

export interface UnwipedTake extends PoolTake {
  readonly batch: number;
}

export interface PoolCount extends PoolClaim {
  readonly available: number;
}
