import { expect, test } from "vitest";
import { isPoolAlgorithm, isPoolLow } from "../../src/domain/key-pool.ts";

test("RSA keys come from the pool, others do not", () => {
  expect(isPoolAlgorithm("rsa-4096")).toBe(true);
  expect(isPoolAlgorithm("ec-p256")).toBe(false);
});

test("a pool is low under a quarter of what is wanted", () => {
  expect([isPoolLow(25, 100), isPoolLow(24, 100), isPoolLow(0, 1)]).toEqual([false, true, true]);
});
