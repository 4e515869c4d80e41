import { expect, test } from "vitest";
import { openSlotCipher, slotSize } from "../../../src/keystore/pool/seal-key.ts";
import { testPair, testPool } from "./pool-world.ts";

const SEGMENT = "0123456789abcdef0123456789abcdef";

test("a slot has the same size for every key, opens at its position, and shows nothing of the key", () => {
  const cipher = openSlotCipher(testPool(), "rsa-2048", SEGMENT);
  const pair = testPair();
  const slot = cipher.seal(3, pair);
  expect(slot.length).toBe(slotSize("rsa-2048"));
  expect(cipher.seal(4, { ...pair, pkcs8: pair.pkcs8.subarray(5) }).length).toBe(slot.length);
  expect(cipher.open(3, slot)).toEqual(pair);
  for (let at = 0; at + 16 <= pair.pkcs8.length; at += 16) {
    expect(slot.includes(pair.pkcs8.subarray(at, at + 16))).toBe(false);
  }
});

test("a slot opens nowhere else: at no other position, in no other file, pool, ledger or generation", () => {
  const pool = testPool();
  const slot = openSlotCipher(pool, "rsa-2048", SEGMENT).seal(0, testPair());
  const others = [
    openSlotCipher(pool, "rsa-2048", SEGMENT.replace("0", "f")),
    openSlotCipher({ ...pool, id: "d".repeat(32) }, "rsa-2048", SEGMENT),
    openSlotCipher({ ...pool, ledger: "d".repeat(32) }, "rsa-2048", SEGMENT),
    openSlotCipher({ ...pool, generation: "2-d" }, "rsa-2048", SEGMENT),
  ];
  for (const other of others) expect(other.open(0, slot)).toBeUndefined();
  expect(openSlotCipher(pool, "rsa-2048", SEGMENT).open(1, slot)).toBeUndefined();
});

test("a slot that was changed or wiped opens as no key", () => {
  const cipher = openSlotCipher(testPool(), "rsa-2048", SEGMENT);
  const slot = cipher.seal(0, testPair());
  slot[700] = (slot[700] ?? 0) ^ 1;
  expect(cipher.open(0, slot)).toBeUndefined();
  expect(cipher.open(0, Buffer.alloc(slot.length))).toBeUndefined();
});

test("a key that is longer than its slot is refused", () => {
  const cipher = openSlotCipher(testPool(), "rsa-2048", SEGMENT);
  expect(() => cipher.seal(0, { pkcs8: Buffer.alloc(2000), spki: Buffer.alloc(294) })).toThrow("does not fit");
});
