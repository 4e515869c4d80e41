import { expect, test } from "vitest";
import { newPassword } from "../../src/keystore/password.ts";
import { openRandomPool } from "../../src/keystore/random-pool.ts";

test("a password is 26 base32 characters", () => {
  const random = openRandomPool();
  for (let round = 0; round < 200; round++) expect(newPassword(random)).toMatch(/^[A-Z2-7]{26}$/);
});

test("every character comes from five bits of its own, so that all are equally likely", () => {
  const counts = new Map<string, number>();
  for (let octet = 0; octet < 256; octet++) {
    const password = newPassword((count) => Buffer.alloc(count, octet));
    expect(new Set(password).size).toBe(1);
    counts.set(password.charAt(0), (counts.get(password.charAt(0)) ?? 0) + 1);
  }
  expect(counts.size).toBe(32);
  expect(new Set(counts.values())).toEqual(new Set([8]));
});

test("the octets behind a password are wiped", () => {
  const octets = Buffer.alloc(26, 9);
  newPassword(() => octets);
  expect(octets).toEqual(Buffer.alloc(26));
});
