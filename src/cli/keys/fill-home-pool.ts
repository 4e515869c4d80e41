import { pid } from "node:process";
import { type Home, poolLock } from "../../disk/layout.ts";
import { type KeyPoolSite, POOL_ALGORITHMS, type PoolAlgorithm } from "../../domain/key-pool.ts";
import { type FilledKeys, type FillOptions, fillPool } from "../../keystore/pool/fill-pool.ts";
import { keysLeft } from "../../keystore/pool/keys-left.ts";
import { makePool, openPool, poolState } from "../../keystore/pool/open-pool.ts";
import type { LedgerIdentity } from "../../ledger/identity.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { holdAlone } from "../../ledger/sqlite/hold-alone.ts";

export interface FillHomeOptions extends Pick<FillOptions, "wanted" | "threads" | "signal" | "onProgress"> {
  readonly home: Home;
  /** Uses the home's ledger for a moment. */
  readonly useLedger: <T>(act: (ledger: Ledger) => Promise<T>) => Promise<T>;
  /** Asked only when keys are missing; `isNew` of a pool that is begun with it. */
  readonly passphrase: (isNew: boolean) => Promise<string>;
  /** Told when what lies there is not this home's, and is destroyed. */
  readonly onForeign: (reason: string) => void;
}

/**
 * Fills a home's key pool, and begins one where there is none of this home's. One at a time in a home, else `lot-held`. A
 * wrong passphrase is `issuer-unusable`; one that is too short for a new pool `usage`.
 */
export async function fillHomePool(options: FillHomeOptions): Promise<readonly FilledKeys[]> {
  const { home, wanted, useLedger, passphrase, onForeign } = options;
  const lock = holdAlone(poolLock(home), pid, `fills the key pool of ${home.root}`);
  try {
    const identity = await useLedger((ledger) => ledger.identity());
    const state = poolState(home.keyPool, identity);
    const there = await poolCounts(home, wanted, identity, useLedger);
    if (there.every((count) => count.available >= count.wanted)) return there.map((count) => ({ ...count, added: 0 }));
    if (state.kind === "foreign") onForeign(state.reason);
    const given = await passphrase(state.kind !== "ours");
    const pool =
      state.kind === "ours" ? await openPool(home.keyPool, given) : await makePool(home.keyPool, identity, given);
    return await fillPool({ ...options, pool });
  } finally {
    lock.release();
  }
}

/** What the pool of this home holds of each algorithm that the site wants keys of. */
export async function poolCounts(
  home: Home,
  wanted: KeyPoolSite,
  identity: LedgerIdentity,
  useLedger: <T>(act: (ledger: Pick<Ledger, "countPoolKeys">) => Promise<T>) => Promise<T>,
): Promise<readonly { readonly algorithm: PoolAlgorithm; readonly wanted: number; readonly available: number }[]> {
  const state = poolState(home.keyPool, identity);
  const counts = state.kind === "ours" ? await useLedger((ledger) => ledger.countPoolKeys()) : [];
  return POOL_ALGORITHMS.flatMap((algorithm) => {
    const most = wanted[algorithm];
    if (most === undefined) return [];
    const available = state.kind === "ours" ? keysLeft(counts, { pool: state.id, algorithm }) : 0;
    return [{ algorithm, wanted: most, available }];
  });
}
