import { setTimeout as pause } from "node:timers/promises";
import type { FaultRule } from "../../src/sandbox/faults/faults.ts";
import { badRows, type Ended, makeRows, type Row, type Step, type World, writeLot } from "./harness.ts";
import { proveKilled, proveLot, stagesOf } from "./prove-lot.ts";

/** Every step of a run, in its order; the letter is its row in docs/issuance.md. */
export const STEPS: readonly (readonly [Step, string])[] = [
  ["reserved", "a"],
  ["written", "b"],
  ["synced", "c"],
  ["passwords-placed", "d"],
  ["minted", "e"],
  ["folder-placed", "f"],
  ["batch-placed", "f"],
  ["passwords-assembled", "g"],
  ["part-written", "g"],
  ["part-listed", "g"],
  ["upload-opened", "g"],
  ["upload-answered", "g"],
  ["upload-closed", "g"],
];

/** Of the lots with bad rows, the row that the platform rejects as well. */
const REJECTED = 1;

/** A platform as it is on a bad day: now and then it is busy, answers 503 after all, or hangs up. */
export function mildFaults(plans: readonly CrashLot[]): readonly FaultRule[] {
  const ids = plans.filter(({ withBadRows }) => withBadRows).map((plan) => rowsOf(plan)[REJECTED]?.id ?? "");
  return [
    { kind: "reject-rows", ids },
    { kind: "status", status: 503, rate: 0.05, afterWork: true, match: { path: "/devicecontrol/*" } },
    { kind: "cut-after", rate: 0.05, match: { path: "/devicecontrol/*" } },
    { kind: "cut-before", rate: 0.05, match: { path: "/devicecontrol/*" } },
    { kind: "status", status: 429, rate: 0.002, match: { path: "/identity/*" } },
  ];
}

function rowsOf({ lot, devices }: CrashLot): Row[] {
  return makeRows(lot.toUpperCase(), devices);
}

/** When the program is killed: right after the nth time of a step, or after some time. */
export type Kill = { readonly step: Step; readonly times: number } | { readonly step: "any"; readonly afterMs: number };

/** What the kills have hit. */
export interface KillTally {
  kills: number;
  /** Kills while some device stood at a stage. */
  readonly stages: Map<string, number>;
  /** Kills right after a step; `any` are those after some time. */
  readonly steps: Map<string, number>;
}

export function newTally(): KillTally {
  return { kills: 0, stages: new Map(), steps: new Map() };
}

export interface CrashLot {
  readonly lot: string;
  readonly devices: number;
  /** Rows that no lot takes stand in its manifest as well. */
  readonly withBadRows: boolean;
  readonly kills: readonly Kill[];
  /** A run that ends before its kill is no problem, and the last. */
  readonly mayEnd?: boolean;
  /** Settings of its job. */
  readonly job?: object;
}

/**
 * Runs a lot, kills the program at each of the moments, and lets it end after the last. Returns every
 * sentence that speaks against what the files, the ledger or the platform hold then.
 */
export async function crashLot(world: World, plan: CrashLot, tally: KillTally): Promise<string[]> {
  const { lot } = plan;
  const rows = rowsOf(plan);
  const job = plan.job ?? { submit: { rowsPerUpload: 100 } };
  writeLot(world.home, lot, plan.withBadRows ? [...rows, ...badRows(rows)] : rows, job);
  const exitCode = plan.withBadRows ? 3 : 0;
  const problems: string[] = [];
  const tell = (moment: string, found: readonly string[]) => {
    problems.push(...found.map((problem) => `${lot}, ${moment}: ${problem}`));
  };
  const hit: string[] = [];
  for (const kill of plan.kills) {
    const ended = await runAndKill(world, lot, kill);
    if (ended.signal !== "SIGKILL") {
      if (ended.code !== exitCode) tell(kill.step, [`the run ended with ${ended.code}: ${ended.stderr}`]);
      // Nothing is left to kill.
      if (plan.mayEnd === true) break;
      if (kill.step !== "any") tell(kill.step, ["the run ended before it was killed"]);
      continue;
    }
    hit.push(kill.step);
    tally.kills += 1;
    count(tally.steps, kill.step);
    for (const stage of stagesOf(world.home, lot)) count(tally.stages, stage);
    tell(`killed at ${kill.step}`, proveKilled(world.home, lot));
  }
  const last = await world.run(["run", lot]);
  if (last.code !== exitCode) tell("the last run", [`it ended with ${last.code}: ${last.stderr}`]);
  const found = proveLot({
    home: world.home,
    lot,
    ids: rows.map(({ id }) => id),
    rejected: plan.withBadRows ? rows.slice(REJECTED, REJECTED + 1).map(({ id }) => id) : [],
    exitCode,
    platform: world.sandbox.state,
  });
  tell(`after kills at ${hit.join(", ")}`, found);
  return problems;
}

async function runAndKill(world: World, lot: string, kill: Kill): Promise<Ended> {
  if (kill.step !== "any") return world.run(["run", lot], { at: { ...kill, signal: "SIGKILL" } });
  const { child, ended } = world.start(["run", lot]);
  await Promise.race([ended, pause(kill.afterMs)]);
  child.kill("SIGKILL");
  return ended;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One kill at every step, in the order of a run, so that each is reached: what the one leaves unfinished
 * is there for the next. A lot of three batches can have a kill come as late as at a step's second time.
 */
export function killsAtEveryStep(random: () => number, batches: 1 | 2 | 3): Kill[] {
  const most: Partial<Record<Step, number>> = {
    reserved: batches,
    "folder-placed": 20,
    ...(batches === 3 && { written: 2, synced: 2 }),
  };
  return STEPS.map(([step]) => ({ step, times: 1 + Math.floor(random() * (most[step] ?? 1)) }));
}

/** Kills so many times, some time after the program was started. */
export function killsAtMoments(kills: number, random: () => number): Kill[] {
  return Array.from({ length: kills }, () => ({ step: "any", afterMs: 200 + Math.floor(random() * 1500) }));
}
