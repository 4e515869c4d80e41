import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { STEPS } from "./crash-lot.ts";
import { type Ended, makeRows, makeWorld, type Step, treeOf, type World, writeLot } from "./harness.ts";
import { proveKilled, proveLot } from "./prove-lot.ts";
import { mayMount, openSmallDisk, type SmallDisk } from "./small-disk.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

const ROOMY_KILOBYTES = 64 * 1024;
const JOB = { submit: { rowsPerUpload: 4, concurrency: 1 } };

function idsOf(lot: string, devices: number): string[] {
  return makeRows(lot.toUpperCase(), devices).map(({ id }) => id);
}

function write(home: string, lot: string, devices: number, job: object = JOB): void {
  writeLot(home, lot, makeRows(lot.toUpperCase(), devices), job);
}

/** What speaks against a lot that should be finished. */
function proof(home: string, lot: string, devices: number, exitCode = 0): string[] {
  return proveLot({ home, lot, ids: idsOf(lot, devices), exitCode, platform: world.sandbox.state });
}

/** The entry of the log that says why it ended. */
function faultOf({ stderr }: Ended): string {
  const entries = stderr.split("\n").filter((line) => line.includes('"level":50') || line.includes('"level":60'));
  return entries.map((line) => (JSON.parse(line) as { readonly msg: string }).msg).join("\n");
}

const allowed = mayMount();
const skipped = allowed ? "" : " (skipped: this machine lets nobody mount a disk)";

describe.skipIf(!allowed)(`on a disk of its own${skipped}`, () => {
  const disks: SmallDisk[] = [];
  afterAll(() => {
    for (const disk of disks) disk.close();
  });

  async function openDisk(kilobytes = ROOMY_KILOBYTES): Promise<SmallDisk> {
    const disk = await openSmallDisk(world, kilobytes);
    disks.push(disk);
    return disk;
  }

  /** Fills the disk right after a step, empties it and runs again. Returns what speaks against the lot. */
  async function fillAt(disk: SmallDisk, step: Step, lot: string): Promise<string[]> {
    write(disk.outside, lot, 12);
    const filled = await disk.run(["run", lot], { fillAt: step });
    const found = proveKilled(disk.copy(), lot);
    if (!disk.isFilled()) found.push("the disk was not filled");
    // What is left to write may fit into blocks that the ledger and its log have already.
    if (filled.code !== 14 && filled.code !== 0) found.push(`it ended with ${filled.code}: ${filled.stderr}`);
    if (filled.code === 14 && !/the disk is full; .*run again, nothing is lost/.test(faultOf(filled))) {
      found.push(faultOf(filled));
    }
    disk.free();
    const again = await disk.run(["run", lot]);
    if (again.code !== 0) found.push(`the second run ended with ${again.code}: ${again.stderr}`);
    return [...found, ...proof(disk.copy(), lot, 12)].map((fault) => `${step}: ${fault}`);
  }

  test("a disk that is full right after any step of a run is told, and once there is space the lot is completed", async () => {
    const [first, second] = [await openDisk(), await openDisk()];
    const lane = async (disk: SmallDisk, steps: readonly Step[], name: string) => {
      const faults: string[] = [];
      for (const [index, step] of steps.entries()) faults.push(...(await fillAt(disk, step, `${name}${index}`)));
      return faults;
    };
    const steps = STEPS.map(([step]) => step);
    const half = Math.ceil(steps.length / 2);
    const faults = await Promise.all([lane(first, steps.slice(0, half), "fa"), lane(second, steps.slice(half), "fb")]);
    expect(faults.flat()).toEqual([]);
  });
});
