import { hash } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type ChainHash, DIGEST_OCTETS, openHashChain } from "../../src/keystore/hash-chain.ts";

afterEach(() => vi.unstubAllGlobals());

function byOpenssl(algorithm: ChainHash, digest: Uint8Array, rounds: number): Buffer {
  let now = Buffer.from(digest);
  for (let round = 0; round < rounds; round++) now = hash(algorithm, now, "buffer");
  return now;
}

describe.each(["sha256", "sha1"] as const)("the %s chain", (algorithm) => {
  const size = DIGEST_OCTETS[algorithm];

  test("agrees with OpenSSL for any number of digests and rounds", () => {
    const chain = openHashChain(algorithm);
    const digest = fc.uint8Array({ minLength: size, maxLength: size });
    fc.assert(
      fc.property(fc.array(digest, { maxLength: 9 }), fc.integer({ min: 0, max: 40 }), (seeds, rounds) => {
        const digests = seeds.map((seed) => Buffer.from(seed));
        chain(digests, rounds);
        expect(digests).toEqual(seeds.map((seed) => byOpenssl(algorithm, seed, rounds)));
      }),
    );
  });

  test("agrees with OpenSSL over a whole derivation's rounds, one and four at a time", () => {
    const chain = openHashChain(algorithm);
    const seeds = ["a", "b", "c", "d"].map((seed) => hash(algorithm, seed, "buffer"));
    const expected = seeds.map((seed) => byOpenssl(algorithm, seed, 2047));
    const single = Buffer.from(seeds[0] ?? "");
    chain([single], 2047);
    expect(single).toEqual(expected[0]);
    chain(seeds, 2047);
    expect(seeds).toEqual(expected);
  });

  test("is right on a machine without WebAssembly", () => {
    vi.stubGlobal("WebAssembly", undefined);
    const digest = hash(algorithm, "seed", "buffer");
    const expected = byOpenssl(algorithm, digest, 50);
    openHashChain(algorithm)([digest], 50);
    expect(digest).toEqual(expected);
  });

  test("does not trust a machine that computes something else", () => {
    class Broken {
      readonly exports = { memory: { buffer: new ArrayBuffer(65_536) }, run: () => undefined };
    }
    vi.stubGlobal("WebAssembly", { validate: () => true, Module: class {}, Instance: Broken });
    const digests = ["a", "b", "c", "d", "e"].map((seed) => hash(algorithm, seed, "buffer"));
    const expected = digests.map((digest) => byOpenssl(algorithm, digest, 7));
    openHashChain(algorithm)(digests, 7);
    expect(digests).toEqual(expected);
  });
});
