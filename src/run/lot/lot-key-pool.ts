import { isPoolAlgorithm, isPoolLow } from "../../domain/key-pool.ts";
import { nounFor } from "../../domain/noun-for.ts";
import { keysLeft } from "../../keystore/pool/keys-left.ts";
import { openPool, poolState } from "../../keystore/pool/open-pool.ts";
import type { OpenPool } from "../../keystore/pool/seal-key.ts";
import { wipeTaken } from "../../keystore/pool/wipe-taken.ts";
import type { PoolClaim } from "../../ledger/key-pool.ts";
import type { LotAtWork } from "./lot-at-work.ts";
import type { RunTools } from "./run-tools.ts";

type PoolTools = Pick<RunTools, "home" | "site" | "ledger" | "log" | "poolPassphrase">;
type PoolWork = Pick<LotAtWork, "lease" | "job" | "walk">;

/** The pool as one lot draws from it: `claim` for reserving, `keyPool` for the threads. */
export interface LotKeyPool {
  readonly keys: PoolClaim;
  readonly keyPool: OpenPool;
}

/**
 * Mints with the key pool that there is for the lot. Afterwards, however it ended, what was handed out is wiped; where
 * minting and wiping both fail, the error is the one of minting, and the next lot that draws from the pool wipes.
 */
export async function withLotPool<T>(
  tools: PoolTools,
  work: PoolWork,
  mint: (pool: LotKeyPool | undefined) => Promise<T>,
): Promise<T> {
  const pool = await openLotPool(tools, work);
  let minted: T;
  try {
    minted = await mint(pool);
  } catch (error) {
    await closeLotPool(tools, work, pool).catch((unwiped: Error) =>
      tools.log.warn({ lot: work.lease.lot, reason: unwiped.message }, "keys that were handed out are not wiped yet"),
    );
    throw error;
  }
  await closeLotPool(tools, work, pool);
  return minted;
}

/**
 * The key pool for a lot that is to be minted; undefined where the site wants none for its keys, and where none can be
 * used: then every key is made, and log and report say why. A wrong passphrase is `issuer-unusable`.
 */
async function openLotPool(tools: PoolTools, work: PoolWork): Promise<LotKeyPool | undefined> {
  const { home, site, ledger } = tools;
  const algorithm = work.job.key;
  if (!isPoolAlgorithm(algorithm) || site.keyPool?.[algorithm] === undefined) return undefined;
  const passphrase = tools.poolPassphrase();
  if (passphrase === undefined) {
    return without(
      tools,
      work,
      "its passphrase is not given; set LOTMINT_POOL_PASSPHRASE or LOTMINT_POOL_PASSPHRASE_FILE",
    );
  }
  const state = poolState(home.keyPool, await ledger.identity());
  if (state.kind === "foreign") return without(tools, work, `${state.reason}; lotmint keys fill begins another one`);
  if (state.kind === "none" || keysLeft(await ledger.countPoolKeys(), { pool: state.id, algorithm }) === 0) {
    return without(tools, work, `it holds no keys of ${algorithm}; fill it with lotmint keys fill`);
  }
  const keyPool = await openPool(home.keyPool, passphrase);
  return { keys: { pool: keyPool.id, algorithm }, keyPool };
}

/** What was handed out is wiped, and a low pool is told. */
async function closeLotPool(tools: PoolTools, work: PoolWork, pool: LotKeyPool | undefined): Promise<void> {
  if (pool === undefined) return;
  const { ledger, site, log } = tools;
  const { algorithm } = pool.keys;
  await wipeTaken(ledger, tools.home.keyPool, pool.keyPool.id);
  const wanted = site.keyPool?.[algorithm] ?? 0;
  const available = keysLeft(await ledger.countPoolKeys(), pool.keys);
  if (!isPoolLow(available, wanted)) return;
  const note = `the key pool is low: ${available} of ${wanted} ${nounFor(wanted, "key")} of ${algorithm} ${nounFor(available, "is", "are")} left; lotmint watch fills it when it has nothing else to do, or lotmint keys fill`;
  work.walk.note(note);
  log.warn({ lot: work.lease.lot, algorithm, available, wanted }, note);
}

function without({ log }: PoolTools, { lease, job, walk }: PoolWork, reason: string): undefined {
  const note = `keys were made without the key pool: ${reason}`;
  walk.note(note);
  log.warn({ lot: lease.lot, algorithm: job.key }, note);
  return undefined;
}
