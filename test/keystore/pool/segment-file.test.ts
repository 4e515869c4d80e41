import fs, { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { PoolAlgorithm } from "../../../src/domain/key-pool.ts";
import { openSlotCipher, slotSize } from "../../../src/keystore/pool/seal-key.ts";
import { drawKeys, wipeKeys } from "../../../src/keystore/pool/segment-file.ts";
import { poolPlace, testPair, testPool } from "./pool-world.ts";

const SEGMENT = "0123456789abcdef0123456789abcdef";
const ALGORITHM: PoolAlgorithm = "rsa-2048";
const SLOT = slotSize(ALGORITHM);

function segmentOf(count: number) {
  const pool = testPool({ folder: poolPlace() });
  const cipher = openSlotCipher(pool, ALGORITHM, SEGMENT);
  const pairs = Array.from({ length: count }, testPair);
  mkdirSync(join(pool.folder, ALGORITHM), { recursive: true });
  const path = join(pool.folder, ALGORITHM, SEGMENT);
  writeFileSync(path, Buffer.concat(pairs.map((pair, position) => cipher.seal(position, pair))));
  const isWiped = (position: number) =>
    readFileSync(path)
      .subarray(position * SLOT, (position + 1) * SLOT)
      .every((octet) => octet === 0);
  return { pool, pairs, path, isWiped };
}
const take = (first: number, keys: number) => ({ segment: SEGMENT, algorithm: ALGORITHM, first, keys });

test("keys that are drawn are gone from their file, and the others are not touched", () => {
  const { pool, pairs, isWiped } = segmentOf(5);
  expect(drawKeys(pool, [take(1, 2)])).toEqual(pairs.slice(1, 3));
  expect([0, 1, 2, 3, 4].map(isWiped)).toEqual([false, true, true, false, false]);
  expect(drawKeys(pool, [take(1, 2)])).toEqual([]);
  expect(drawKeys(pool, [take(0, 1), take(3, 2)])).toEqual([pairs[0], pairs[3], pairs[4]]);
});

test("a key that does not open is left out, and wiped as well", () => {
  const { pool, pairs, path, isWiped } = segmentOf(3);
  const content = readFileSync(path);
  content[SLOT + 5] = (content[SLOT + 5] ?? 0) ^ 1;
  writeFileSync(path, content);
  expect(drawKeys(pool, [take(0, 3)])).toEqual([pairs[0], pairs[2]]);
  expect([0, 1, 2].map(isWiped)).toEqual([true, true, true]);
});

test("a file that is cut short or gone gives the keys that it has", () => {
  const { pool, pairs, path } = segmentOf(3);
  truncateSync(path, SLOT + 100);
  expect(drawKeys(pool, [take(0, 3)])).toEqual([pairs[0]]);
  expect(drawKeys(pool, [{ ...take(0, 3), segment: "f".repeat(32) }])).toEqual([]);
});

test("keys that nobody drew are wiped, again and again if need be", () => {
  const { pool, isWiped } = segmentOf(3);
  for (let again = 0; again < 2; again++) wipeKeys(pool.folder, take(0, 2));
  expect([0, 1, 2].map(isWiped)).toEqual([true, true, false]);
  wipeKeys(pool.folder, { ...take(0, 2), segment: "f".repeat(32) });
});

test("zeros that another process wrote are written and synced again, since they may not be on the disk", () => {
  const { pool, path, isWiped } = segmentOf(2);
  writeFileSync(path, Buffer.alloc(2 * SLOT));
  const syncs = vi.spyOn(fs, "fdatasyncSync");
  syncBuiltinESMExports();
  onTestFinished(() => {
    syncs.mockRestore();
    syncBuiltinESMExports();
  });
  wipeKeys(pool.folder, take(0, 2));
  expect([syncs.mock.calls.length, isWiped(0), isWiped(1)]).toEqual([1, true, true]);
});
