import { randomFillSync } from "node:crypto";

/** Random octets from the system's generator, each handed out once. */
export type RandomOctets = (count: number) => Buffer;

const POOL_OCTETS = 8192;

/** Draws from a pool, since a call into the generator costs as much as filling some kilobytes; what is handed out is wiped from it. */
export function openRandomPool(fill: (pool: Buffer) => void = randomFillSync): RandomOctets {
  const pool = Buffer.alloc(POOL_OCTETS);
  let next = POOL_OCTETS;
  return (count) => {
    if (count > POOL_OCTETS) throw new RangeError(`at most ${POOL_OCTETS} random octets at a time`);
    if (next + count > POOL_OCTETS) {
      fill(pool);
      next = 0;
    }
    // From Buffer's own pool: memory of its own costs more than all else here. What is secret, the caller wipes.
    const drawn = Buffer.allocUnsafe(count);
    pool.copy(drawn, 0, next, next + count);
    pool.fill(0, next, next + count);
    next += count;
    return drawn;
  };
}
