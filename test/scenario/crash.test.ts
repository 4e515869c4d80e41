import { afterAll, beforeAll, expect, test } from "vitest";
import { crashLot, type Kill, killsAtEveryStep, newTally, STEPS, seededRandom } from "./crash-lot.ts";
import { makeWorld, type World } from "./harness.ts";

const SEED = Number(process.env["LOTMINT_SOAK_SEED"] ?? Date.now() % 1_000_000);
const random = seededRandom(SEED);
const tally = newTally();
/** More than two batches. */
const DEVICES = 520;

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

function told(faults: readonly string[]): readonly string[] {
  return faults.length === 0 ? faults : [`LOTMINT_SOAK_SEED=${SEED}`, ...faults];
}

function killsAtAnyMoment(kills: number): Kill[] {
  return Array.from({ length: kills }, () => ({ step: "any", afterMs: 200 + Math.floor(random() * 1500) }));
}

test("a lot that is killed at every step of its way comes out whole", async () => {
  const kills = killsAtEveryStep(random);
  expect(told(await crashLot(world, { lot: "c1", devices: DEVICES, withBadRows: true, kills }, tally))).toEqual([]);
});

test("a second lot beside it, killed so as well, comes out whole", async () => {
  const kills = killsAtEveryStep(random);
  expect(told(await crashLot(world, { lot: "c2", devices: DEVICES, withBadRows: false, kills }, tally))).toEqual([]);
});

test("a lot of one batch, killed at every step, comes out whole", async () => {
  const kills = killsAtEveryStep(() => 0);
  expect(told(await crashLot(world, { lot: "c3", devices: 120, withBadRows: true, kills }, tally))).toEqual([]);
});

test("a lot that is killed at any moment comes out whole", async () => {
  const kills = killsAtAnyMoment(8);
  expect(told(await crashLot(world, { lot: "c4", devices: DEVICES, withBadRows: false, kills }, tally))).toEqual([]);
});

test("the lots that were there before are as they were", async () => {
  const outcomes = await Promise.all(["c1", "c2", "c3", "c4"].map((lot) => world.run(["check", lot, "--sample", "20"])));
  expect(outcomes.map(({ code, stdout }) => (code === 0 ? "" : stdout))).toEqual(["", "", "", ""]);
});

test("the kills above have fallen into every stage and every step, three times each at least", () => {
  expect(tally.kills).toBeGreaterThanOrEqual(30);
  const rare = ["reserved", "minted", "listed", "submitted"].filter((stage) => (tally.stages.get(stage) ?? 0) < 3);
  expect(rare).toEqual([]);
  expect(STEPS.filter(([step]) => (tally.steps.get(step) ?? 0) < 3)).toEqual([]);
});
