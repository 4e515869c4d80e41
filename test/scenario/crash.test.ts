import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type CrashLot,
  crashLot,
  killsAtEveryStep,
  killsAtMoments,
  mildFaults,
  newTally,
  STEPS,
  seededRandom,
} from "./crash-lot.ts";
import { makeWorld, type World } from "./harness.ts";

const SEED = Number(process.env["LOTMINT_SOAK_SEED"] ?? Date.now() % 1_000_000);
/** On a machine that is busy with something else. */
const TIMEOUT_MS = 300_000;
const random = seededRandom(SEED);
const tally = newTally();

/** A batch is 250 devices. */
const THREE_BATCHES: CrashLot = { lot: "c1", devices: 520, withBadRows: true, kills: killsAtEveryStep(random, 3) };
const TWO_BATCHES: CrashLot = { lot: "c2", devices: 270, withBadRows: false, kills: killsAtEveryStep(random, 2) };
const ONE_BATCH: CrashLot = { lot: "c3", devices: 60, withBadRows: true, kills: killsAtEveryStep(random, 1) };
const ANY_MOMENT: CrashLot = { lot: "c4", devices: 520, withBadRows: false, kills: killsAtMoments(8, random) };
const LOTS = [THREE_BATCHES, TWO_BATCHES, ONE_BATCH, ANY_MOMENT];

let world: World;

beforeAll(async () => {
  process.stderr.write(`crash scenarios with LOTMINT_SOAK_SEED=${SEED}\n`);
  world = await makeWorld(mildFaults(LOTS));
});
afterAll(() => world.close());

/** Every sentence against the lots, with the seed that brings it back. */
async function faultsOf(...plans: readonly CrashLot[]): Promise<readonly string[]> {
  const faults = (await Promise.all(plans.map((plan) => crashLot(world, plan, tally)))).flat();
  return faults.length === 0 ? faults : [`LOTMINT_SOAK_SEED=${SEED}`, ...faults];
}

test("two lots side by side, killed at every step of their way, come out whole", { timeout: TIMEOUT_MS }, async () => {
  expect(await faultsOf(THREE_BATCHES, TWO_BATCHES)).toEqual([]);
});

test("lots that are killed in their only batch or at any moment come out whole", { timeout: TIMEOUT_MS }, async () => {
  expect(await faultsOf(ONE_BATCH, ANY_MOMENT)).toEqual([]);
});

test("lotmint check agrees, lot by lot", async () => {
  const checks = await Promise.all(LOTS.map(({ lot }) => world.run(["check", lot, "--sample", "20", "--platform"])));
  expect(checks.map(({ code, stdout }) => (code === 0 ? "" : stdout))).toEqual(["", "", "", ""]);
});

test("the kills above have fallen into every stage and every step, three times each at least", () => {
  expect(tally.kills).toBeGreaterThanOrEqual(30);
  const rare = ["reserved", "minted", "listed", "submitted"].filter((stage) => (tally.stages.get(stage) ?? 0) < 3);
  expect(rare).toEqual([]);
  expect(STEPS.filter(([step]) => (tally.steps.get(step) ?? 0) < 3)).toEqual([]);
});
