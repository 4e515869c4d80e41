import fc from "fast-check";
import { expect, test } from "vitest";
import { boundSample } from "../../../src/run/check/sample-bound.ts";

// By exact fractions in Python (math.comb, fractions.Fraction).
test.each([
  [1_000_000, 500, 0, 9166],
  [1_000_000, 500, 1, 13_200],
  [20_000, 500, 0, 182],
  [20_000, 500, 3, 396],
  [1000, 100, 0, 43],
  [100, 10, 0, 36],
  [100, 99, 0, 1],
  [100, 50, 50, 101],
  [10, 3, 0, 7],
  [10, 10, 2, 3],
  [5000, 1, 0, 4950],
  [5000, 1, 1, 5001],
  [250, 200, 17, 29],
])("of %d devices, %d drawn and %d with a difference: fewer than %d", (population, sampled, faulty, fewerThan) => {
  expect(boundSample({ population, sampled, faulty })).toEqual({
    ...{ population, sampled, faulty, fewerThan },
    confidence: 0.99,
  });
});

function choose(of: bigint, taken: bigint): bigint {
  let ways = 1n;
  for (let index = 0n; index < taken; index++) ways = (ways * (of - index)) / (index + 1n);
  return taken < 0n || taken > of ? 0n : ways;
}

test("the limit is the first number that whole numbers find too unlikely, and the one below it is not", () => {
  const drawn = fc
    .integer({ min: 1, max: 300 })
    .chain((population) => fc.tuple(fc.constant(population), fc.integer({ min: 1, max: population })))
    .chain(([population, sampled]) => fc.tuple(fc.constant(population), fc.constant(sampled), fc.nat(sampled)));
  fc.assert(
    fc.property(drawn, ([population, sampled, faulty]) => {
      const { fewerThan } = boundSample({ population, sampled, faulty });
      const [size, taken] = [BigInt(population), BigInt(sampled)];
      const isLikely = (differing: number) => {
        let ways = 0n;
        for (let found = 0n; found <= BigInt(faulty); found++) {
          ways += choose(BigInt(differing), found) * choose(size - BigInt(differing), taken - found);
        }
        return ways * 100n > choose(size, taken);
      };
      expect(isLikely(fewerThan - 1)).toBe(true);
      expect(fewerThan > population - (sampled - faulty) || !isLikely(fewerThan)).toBe(true);
    }),
    { numRuns: 100 },
  );
});
