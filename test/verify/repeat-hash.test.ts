import { hash } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";

const HASHES = [
  ["sha1", 20],
  ["sha256", 32],
] as const;

describe.each([true, false])("with WebAssembly: %s", (hasLanes) => {
  afterEach(() => vi.unstubAllGlobals());

  test.each(HASHES)("%s over and over is what OpenSSL computes round by round", async (digest, size) => {
    if (!hasLanes) vi.stubGlobal("WebAssembly", undefined);
    vi.resetModules();
    const { repeatHash } = await import("../../src/verify/repeat-hash.ts");
    const octets = fc.array(fc.uint8Array({ minLength: size, maxLength: size }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(octets, fc.nat(30), (seeds, times) => {
        const starts = seeds.map((seed) => Buffer.from(seed));
        const expected = starts.map((start) => {
          let digested = start;
          for (let round = 0; round < times; round++) digested = hash(digest, digested, "buffer");
          return digested;
        });
        expect(repeatHash(digest, starts, times)).toEqual(expected);
        expect(starts).toEqual(seeds.map((seed) => Buffer.from(seed)));
      }),
      { numRuns: 300 },
    );
  });
});
