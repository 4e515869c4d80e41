import { parseArgs } from "node:util";
import { setFaults } from "../src/sandbox/faults/faults.ts";
import {
  type CrashLot,
  crashLot,
  type Kill,
  mildFaults,
  newTally,
  STEPS,
  seededRandom,
} from "../test/scenario/crash-lot.ts";
import { makeWorld } from "../test/scenario/harness.ts";

/**
 * npm run soak -- --kills N --seed S: lots of chance sizes against a sandbox on a bad day, the program killed
 * at chance moments, until N kills have been made; then 0 when everything was whole each time. The same seed
 * aims at the same moments. A home in which something is wrong is kept and named.
 */
const { values } = parseArgs({
  options: { kills: { type: "string", default: "1000" }, seed: { type: "string" } },
});
const wanted = Number(values.kills);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(seed)) {
  console.error("usage: npm run soak -- [--kills N] [--seed S], both whole numbers");
  process.exit(2);
}
console.log(`seed ${seed}, ${wanted} kills`);

const MOST_DEVICES = 900;
const MOST_KILLS_PER_LOT = 14;
const random = seededRandom(seed);
const tally = newTally();
const world = await makeWorld();

function upTo(most: number): number {
  return 1 + Math.floor(random() * most);
}

/** Small numbers more often than large ones, so that what is near a lot's beginning and end is met as well. */
function mostlySmall(most: number): number {
  return 1 + Math.floor(random() ** 3 * most);
}

function someKill(): Kill {
  if (random() < 0.25) return { step: "any", afterMs: 150 + upTo(1800) };
  const [step] = STEPS[Math.floor(random() * STEPS.length)] ?? ["reserved"];
  return { step, times: step === "folder-placed" ? mostlySmall(300) : mostlySmall(3) };
}

function someLot(number: number): CrashLot {
  const rowsPerUpload = 20 + upTo(180);
  const collisions = random() < 0.7 ? "platform" : "ledger";
  return {
    lot: `soak${number}`,
    devices: 2 + mostlySmall(MOST_DEVICES),
    withBadRows: random() < 0.5,
    kills: Array.from({ length: upTo(MOST_KILLS_PER_LOT) }, someKill),
    mayEnd: true,
    job: { submit: { rowsPerUpload, collisions, concurrency: upTo(4) } },
  };
}

function shown(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
}

let problems: string[] = [];
let lots = 0;
while (tally.kills < wanted && problems.length === 0) {
  lots += 1;
  const plan = someLot(lots);
  setFaults(world.sandbox.state.faults, mildFaults([plan]));
  problems = await crashLot(world, plan, tally);
  console.log(`${plan.lot}: ${plan.devices} devices, ${tally.kills} kills so far, ${problems.length} problems`);
}
console.log(`${tally.kills} kills in ${lots} lots\nsteps: ${shown(tally.steps)}\nstages: ${shown(tally.stages)}`);
if (problems.length === 0) {
  await world.close();
} else {
  console.error(`seed ${seed}, home ${world.home}\n${problems.join("\n")}`);
  await world.sandbox.close();
  process.exitCode = 1;
}
