import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { repeatHash } from "../../src/verify/repeat-hash.ts";

test.each([
  ["sha1", 20],
  ["sha256", 32],
] as const)("%s over and over is what OpenSSL computes round by round", (digest, size) => {
  const octets = fc.uint8Array({ minLength: size, maxLength: size });
  fc.assert(
    fc.property(octets, fc.nat(30), (seed, times) => {
      const start = Buffer.from(seed);
      let expected = start;
      for (let round = 0; round < times; round++) expected = hash(digest, expected, "buffer");
      expect(repeatHash(digest, start, times)).toEqual(expected);
      expect(start).toEqual(Buffer.from(seed));
    }),
    { numRuns: 300 },
  );
});
