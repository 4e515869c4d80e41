import { expect, test } from "vitest";
import { openRandomPool } from "../../src/keystore/random-pool.ts";

test("octets are handed out once and wiped from the pool", () => {
  let pool: Buffer = Buffer.alloc(0);
  let fills = 0;
  const random = openRandomPool((into) => {
    pool = into;
    fills++;
    for (let index = 0; index < into.length; index += 2) into.writeUInt16BE(index / 2 + 1, index);
  });
  expect([random(4), random(2)].map((octets) => octets.toString("hex"))).toEqual(["00010002", "0003"]);
  expect(pool.subarray(0, 8).toString("hex")).toBe("0000000000000004");
  expect(fills).toBe(1);
});

test("the pool is filled anew when it does not hold enough", () => {
  let fills = 0;
  const random = openRandomPool((into) => into.fill(++fills));
  random(8000);
  expect(random(500)).toEqual(Buffer.alloc(500, 2));
});

test("octets come from the system's generator unless told otherwise", () => {
  const random = openRandomPool();
  const drawn = Array.from({ length: 2000 }, () => random(20).toString("hex"));
  expect(new Set(drawn).size).toBe(2000);
});

test("more octets than the pool holds are refused", () => {
  expect(() => openRandomPool()(8193)).toThrow(RangeError);
});
