import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { readRevocationList } from "../../../src/platform/http/read-revocation-list.ts";
import { derRevocationList } from "../../../src/sandbox/trust/revocation-list.ts";

const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });

function list(...serials: readonly string[]): Buffer {
  const revocations = new Map(serials.map((serial) => [serial, 1_700_000_000_000]));
  return derRevocationList({ issuer: "t0815", key, crlNumber: 1, nowMs: 1_800_000_000_000, revocations });
}

test("the serial numbers come without leading zeros, whatever their first bit", () => {
  expect(readRevocationList(list("1000", "ff01", "5"))).toEqual(new Set(["1000", "ff01", "5"]));
});

test("a list that revokes nothing is empty", () => {
  expect(readRevocationList(list())).toEqual(new Set());
});

test("what is no list is told as such, cut at any octet", () => {
  const whole = list("1000");
  for (const bytes of [Buffer.alloc(0), Buffer.from("{}"), whole.subarray(0, 40), Buffer.concat([whole, whole])]) {
    expect(readRevocationList(bytes)).toBeUndefined();
  }
});
