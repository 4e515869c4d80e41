import type { KeyAlgorithm } from "./certificate.ts";

/** Keys that are made beforehand; those of elliptic curves cost nothing worth it. */
export const POOL_ALGORITHMS = ["rsa-2048", "rsa-3072", "rsa-4096"] as const satisfies readonly KeyAlgorithm[];
export type PoolAlgorithm = (typeof POOL_ALGORITHMS)[number];

/** How many keys of each the pool shall hold. */
export type KeyPoolSite = Readonly<Partial<Record<PoolAlgorithm, number>>>;

/** Length of the modulus. */
export const RSA_BITS: Readonly<Record<PoolAlgorithm, number>> = {
  "rsa-2048": 2048,
  "rsa-3072": 3072,
  "rsa-4096": 4096,
};

export function isPoolAlgorithm(algorithm: KeyAlgorithm): algorithm is PoolAlgorithm {
  return algorithm in RSA_BITS;
}

/** Whether so few keys are left that somebody has to be told: under a quarter of those wanted. */
export function isPoolLow(available: number, wanted: number): boolean {
  return available * 4 < wanted;
}
