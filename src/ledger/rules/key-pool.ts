import type { KeyPool, PoolClaim } from "../key-pool.ts";
import { damaged } from "./damaged.ts";
import type { Engine } from "./engine.ts";
import { SITE } from "./event-digest.ts";
import type { Statements } from "./statements.ts";

/** A key's way: filled in, handed out to a batch, wiped. */
export function keyPoolRules({ read, write }: Engine): KeyPool {
  return {
    addPoolSegment: (segment) =>
      write(async (on, append) => {
        if (!(await on.addPoolSegment(segment))) throw damaged(`key file ${segment.segment} is recorded already`);
        const { pool, ...detail } = segment;
        append({ chain: SITE, kind: "pool-filled", subject: pool, detail });
      }),
    poolKeysOf: (batch) => read((on) => on.poolKeysOf(batch)),
    countPoolKeys: () => read((on) => on.countPoolKeys()),
    poolSegments: () => read((on) => on.poolSegments()),
    unwipedTakes: (pool) => read((on) => on.unwipedTakes(pool)),
    commitWiped: (pool, batches) =>
      write(async (on, append) => {
        const wiped = await on.setWiped(pool, batches);
        if (wiped > 0) append({ chain: SITE, kind: "pool-wiped", subject: pool, detail: { batches } });
      }),
    retirePoolSegments: (segments) =>
      write(async (on, append) => {
        for (const { segment, left } of await on.retireSegments(segments)) {
          append({ chain: SITE, kind: "pool-segment-gone", subject: segment, detail: { unused: left } });
        }
      }),
  };
}

/** Hands out keys to a batch that is being reserved, as many as there are; what its event says of it. */
export async function takeKeys(
  on: Statements,
  batch: number,
  claim: PoolClaim | undefined,
  keys: number,
): Promise<{ readonly poolKeys?: number }> {
  if (claim === undefined || keys === 0) return {};
  const poolKeys = await on.takePoolKeys(batch, claim, keys);
  return poolKeys === 0 ? {} : { poolKeys };
}

/** Refuses (`state-damaged`) a batch in which a key of the pool would get its second certificate. */
export async function refuseRepeated(on: Statements, batch: number): Promise<void> {
  const [repeated] = await on.repeatedPoolKeys(batch);
  if (repeated === undefined) return on.keepPoolPublicKeys(batch);
  throw damaged(
    `batch ${batch} has the public key ${repeated} from the key pool, which another certificate has already; nothing of the batch is used. Move state/key-pool away, and run again`,
  );
}
