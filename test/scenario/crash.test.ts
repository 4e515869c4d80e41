import { afterAll, beforeAll, expect, test } from "vitest";
import { byLength } from "../fixtures/test-length.ts";
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
const TIMEOUT_MS = byLength({ short: 300_000, long: 3_600_000 });
const random = seededRandom(SEED);
const tally = newTally();

/** A batch is 250 devices. */
const THREE_BATCHES: CrashLot = { lot: "c1", devices: 510, withBadRows: true, kills: killsAtEveryStep(random, 3) };
const ONE_BATCH: CrashLot = { lot: "c2", devices: 40, withBadRows: false, kills: killsAtEveryStep(random, 1) };
const ANY_MOMENT: CrashLot = {
  lot: "c3",
  devices: byLength({ short: 260, long: 520 }),
  withBadRows: true,
  kills: killsAtMoments(byLength({ short: 3, long: 30 }), random),
};
/** At night. */
const TWO_BATCHES: CrashLot = { lot: "c4", devices: 270, withBadRows: false, kills: killsAtEveryStep(random, 2) };
const NIGHTLY = byLength({ short: [], long: [TWO_BATCHES] });
const LOTS = [THREE_BATCHES, ONE_BATCH, ANY_MOMENT, ...NIGHTLY];
/** Kills at each step, and while some device stands at each stage. */
const LEAST = byLength({ short: 2, long: 3 });

let world: World;

beforeAll(async () => {
  process.stderr.write(`crash scenarios with LOTMINT_SOAK_SEED=${SEED}\n`);
  world = await makeWorld(mildFaults(LOTS));
});
afterAll(() => world.close());

/** Every sentence against the lots, with the seed that brings it back. */
async function problemsOf(...plans: readonly CrashLot[]): Promise<readonly string[]> {
  const problems = (await Promise.all(plans.map((plan) => crashLot(world, plan, tally)))).flat();
  return problems.length === 0 ? problems : [`LOTMINT_SOAK_SEED=${SEED}`, ...problems];
}

test("two lots side by side, killed at every step of their way, come out whole", { timeout: TIMEOUT_MS }, async () => {
  expect(await problemsOf(THREE_BATCHES, ONE_BATCH)).toEqual([]);
});

test("lots that are killed at any moment come out whole", { timeout: TIMEOUT_MS }, async () => {
  expect(await problemsOf(ANY_MOMENT, ...NIGHTLY)).toEqual([]);
});

test("lotmint check agrees, lot by lot", async () => {
  const checks = await Promise.all(LOTS.map(({ lot }) => world.run(["check", lot, "--sample", "20", "--platform"])));
  expect(checks.map(({ code, stdout }) => (code === 0 ? "" : stdout))).toEqual(LOTS.map(() => ""));
});

test("the kills above have fallen into every stage and every step, and more than once", () => {
  expect(tally.kills).toBeGreaterThanOrEqual(LEAST * STEPS.length);
  const rare = ["reserved", "minted", "listed", "submitted"].filter((stage) => (tally.stages.get(stage) ?? 0) < LEAST);
  expect(rare).toEqual([]);
  expect(STEPS.filter(([step]) => (tally.steps.get(step) ?? 0) < LEAST)).toEqual([]);
});
