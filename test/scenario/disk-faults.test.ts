import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byLength } from "../fixtures/test-length.ts";
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

let lots = 0;
function newLot(): string {
  lots += 1;
  return `d${lots}`;
}

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
function errorOf({ stderr }: Ended): string {
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
    if (filled.code === 14 && !/the disk is full; .*run again, nothing is lost/.test(errorOf(filled))) {
      found.push(errorOf(filled));
    }
    disk.free();
    const again = filled.code === 0 ? filled : await disk.run(["run", lot]);
    if (again.code !== 0) found.push(`the second run ended with ${again.code}: ${again.stderr}`);
    return [...found, ...proof(disk.copy(), lot, 12)].map((problem) => `${step}: ${problem}`);
  }

  test("a disk that is full right after any step of a run is told, and once there is space the lot is completed", async () => {
    const [first, second] = [await openDisk(), await openDisk()];
    const lane = async (disk: SmallDisk, steps: readonly Step[], name: string) => {
      const problems: string[] = [];
      for (const [index, step] of steps.entries()) problems.push(...(await fillAt(disk, step, `${name}${index}`)));
      return problems;
    };
    const steps = STEPS.map(([step]) => step);
    const half = Math.ceil(steps.length / 2);
    const problems = await Promise.all([
      lane(first, steps.slice(0, half), "fa"),
      lane(second, steps.slice(half), "fb"),
    ]);
    expect(problems.flat()).toEqual([]);
  });

  test("a disk that is enlarged little by little is full somewhere else each time, until the lot fits", async () => {
    const disk = await openDisk();
    write(disk.outside, "fc", 40);
    const { blocks, bfree, bsize } = statfsSync(disk.outside);
    let kilobytes = Math.ceil(((blocks - bfree) * bsize) / 1024);
    const problems: string[] = [];
    const places = new Set<string>();
    let runs = 0;
    for (let code: number | null = 14; code === 14 && runs < 40; runs += 1) {
      // Each try that fails leaves abandoned serial numbers in the ledger, so that the same step again would not do.
      kilobytes += byLength({ short: 56, long: 28 }) * (runs + 1);
      disk.resize(kilobytes);
      const ended = await disk.run(["run", "fc"]);
      code = ended.code;
      if (code !== 14) break;
      if (!/the disk is full; .*run again, nothing is lost/.test(errorOf(ended))) problems.push(errorOf(ended));
      places.add(
        /ledger\.sqlite|certificate\.pem|keystore\.p12|\w+\.\w+(?=: the disk)/.exec(errorOf(ended))?.[0] ?? "",
      );
      const copy = disk.copy();
      // Before its first event the ledger may be empty still.
      if (existsSync(join(copy, "output", "fc"))) problems.push(...proveKilled(copy, "fc"));
    }
    expect([...problems, ...proof(disk.copy(), "fc", 40)]).toEqual([]);
    expect(runs).toBeGreaterThan(4);
    expect(places.size).toBeGreaterThan(1);
  });

  test("an authority for which there is no space is not there by halves, and can be made afterwards", async () => {
    const disk = await openDisk();
    const made = await disk.run(["authority", "create", "line-2", "--issuer", "root"], { fillAt: "serial-reserved" });
    expect([made.code, errorOf(made)]).toEqual([14, expect.stringContaining("the disk is full")]);
    expect(disk.isFilled()).toBe(true);
    expect(existsSync(join(disk.outside, "state", "authorities", "line-2"))).toBe(false);
    disk.free();
    expect((await disk.run(["authority", "create", "line-2", "--issuer", "root"])).code).toBe(0);
    expect((await disk.run(["authority", "show", "line-2"])).code).toBe(0);
  });

  test("each place that may not be written is told by its name, and once it may be, the lot goes on from there", async () => {
    const disk = await openDisk();
    write(disk.outside, "ro", 8);
    const places = [
      ["state", "ledger.sqlite"],
      ["state/ledger.sqlite", "ledger.sqlite"],
      ["state/lots", "state/lots/ro"],
      ["output", "output/ro"],
      ["output/ro", "output/ro/devices"],
      ["output/ro/devices", "output/ro/devices"],
      ["output/ro/secrets", "output/ro/secrets"],
      ["output/ro/registration", "output/ro/registration/part-0001.csv"],
    ] as const;
    for (const [place, named] of places) {
      const where = join(disk.home, place);
      const outside = join(disk.outside, place);
      if (!existsSync(outside)) mkdirSync(outside, { recursive: true });
      disk.command("mount", "--bind", where, where);
      disk.command("mount", "-o", "remount,ro,bind", where);
      const refused = await disk.run(["run", "ro"]);
      disk.command("umount", "-l", where);
      expect([place, refused.code, errorOf(refused)]).toEqual([place, 14, expect.stringContaining(named)]);
      expect(errorOf(refused)).toMatch(/read-only|writable/);
    }
    expect((await disk.run(["run", "ro"])).code).toBe(0);
    expect(proof(disk.copy(), "ro", 8)).toEqual([]);
  });

  test("on a read-only home what was done can be looked at, whatever a killed run left; nothing else goes", async () => {
    const disk = await openDisk();
    write(disk.outside, "rh", 4);
    expect((await disk.run(["run", "rh"])).code).toBe(0);
    const look = async (log: boolean, looking: readonly string[][], changing: readonly string[][]) => {
      disk.command("mount", "--bind", disk.home, disk.home);
      disk.command("mount", "-o", "remount,ro,bind", disk.home);
      expect(existsSync(join(disk.outside, "state", "ledger.sqlite-wal"))).toBe(log);
      const before = treeOf(disk.outside);
      for (const command of looking) {
        const looked = await disk.run(command);
        expect([command, looked.code, errorOf(looked)]).toEqual([command, 0, ""]);
      }
      for (const command of changing) {
        const refused = await disk.run(command);
        expect([command, refused.code]).toEqual([command, 14]);
        expect(errorOf(refused)).toMatch(/read-only|writable/);
      }
      const { stdout } = await disk.run(["status", "--json"]);
      expect(treeOf(disk.outside)).toEqual(before);
      disk.command("umount", "-l", disk.home);
      return (JSON.parse(stdout) as readonly { readonly lot: string }[]).map(({ lot }) => lot).sort();
    };
    const looking = [
      ["plan", "rh"],
      ["check", "rh"],
      ["authority", "list"],
      ["authority", "show", "root"],
    ];
    const changing = [
      ["run", "rh"],
      ["submit", "rh"],
      ["report", "rh"],
      ["authority", "create", "new"],
    ];
    expect(await look(false, looking, changing)).toEqual(["rh"]);
    // A killed run leaves the write-ahead log of the ledger, and what it says counts.
    write(disk.outside, "rk", 4);
    await disk.run(["run", "rk"], { killAt: "minted" });
    expect(await look(true, [["check", "rh"]], [["run", "rk"]])).toEqual(["rh", "rk"]);
  });
});

/** A folder that is somewhere else for a while. */
async function without<T>(folder: string, act: () => Promise<T>): Promise<T> {
  const away = `${world.home}-away`;
  renameSync(folder, away);
  try {
    return await act();
  } finally {
    rmSync(folder, { recursive: true, force: true });
    renameSync(away, folder);
  }
}

describe("a folder that is gone when the next run begins", () => {
  test.each<readonly [string, Step, string]>([
    ["output", "minted", "have been minted, but their folders are neither in"],
    ["output/LOT/devices", "batch-placed", "output/LOT/devices"],
    ["output/LOT/.work", "minted", "have been minted, but their folders are neither in"],
    ["output/LOT/devices", "passwords-assembled", "the folder with the devices of lot LOT, is not there"],
    ["output/LOT/secrets", "passwords-assembled", "the folder with the passwords of lot LOT, is not there"],
    ["output/LOT/registration", "part-listed", "output/LOT/registration/part-0002.csv: the folder is gone"],
  ])(
    "%s, after a kill at %s: nothing is made in its place, and once it is back the lot is completed",
    async (place, step, words) => {
      const lot = newLot();
      write(world.home, lot, 8);
      const killed = await world.run(["run", lot], { at: { step, signal: "SIGKILL" } });
      expect(killed.signal).toBe("SIGKILL");
      const told = await without(join(world.home, place.replace("LOT", lot)), async () => {
        const ended = await world.run(["run", lot]);
        return [ended.code, errorOf(ended)];
      });
      expect(told).toEqual([14, expect.stringContaining(words.replaceAll("LOT", lot))]);
      expect((await world.run(["run", lot])).code).toBe(0);
      expect(proof(world.home, lot, 8)).toEqual([]);
    },
  );
});

describe("passwords on a drive of their own", () => {
  const drive = () => join(world.home, "usb");
  const folder = () => join(drive(), "secrets");

  function writeForDrive(lot: string, devices: number): void {
    mkdirSync(folder(), { recursive: true });
    write(world.home, lot, devices, { ...JOB, secrets: { folder: folder() } });
  }

  /** The drive is taken out; its mount point stays, and is empty. */
  async function unplugged<T>(act: () => Promise<T>): Promise<T> {
    return without(drive(), async () => {
      mkdirSync(drive());
      const result = await act();
      expect(readdirSync(drive())).toEqual([]);
      return result;
    });
  }

  async function refusal(lot: string): Promise<readonly [number | null, string]> {
    const ended = await world.run(["run", lot]);
    return [ended.code, errorOf(ended)];
  }

  test("a lot is not begun without the drive", async () => {
    writeForDrive("usba", 8);
    const told = await unplugged(() => refusal("usba"));
    expect(told).toEqual([14, expect.stringContaining(`${folder()}, the job's folder for passwords, is not there`)]);
    expect(existsSync(join(world.home, "output", "usba", "devices"))).toBe(false);
    expect((await world.run(["run", "usba"])).code).toBe(0);
    expect(proofWithDrive("usba", 8)).toEqual([]);
  });

  test.each<Step>(["passwords-placed", "minted", "passwords-assembled"])(
    "a lot that was killed at %s waits for the drive, and then has one password for each device",
    async (step) => {
      const lot = newLot();
      writeForDrive(lot, 8);
      expect((await world.run(["run", lot], { at: { step, signal: "SIGKILL" } })).signal).toBe("SIGKILL");
      expect(await unplugged(() => refusal(lot))).toEqual([14, expect.stringMatching(/passwords.*is not there/)]);
      expect((await world.run(["run", lot])).code).toBe(0);
      expect(proofWithDrive(lot, 8)).toEqual([]);
    },
  );

  test("a finished lot does not need the drive, and more devices of it do", async () => {
    mkdirSync(folder(), { recursive: true });
    const job = { ...JOB, secrets: { folder: folder() } };
    const rows = makeRows("USBB", 12);
    writeLot(world.home, "usbb", rows.slice(0, 8), job);
    expect((await world.run(["run", "usbb"])).code).toBe(0);
    expect(await unplugged(() => refusal("usbb"))).toEqual([0, ""]);
    writeLot(world.home, "usbb", rows, job);
    const told = await unplugged(() => refusal("usbb"));
    expect(told).toEqual([14, expect.stringContaining("the folder with the passwords of lot usbb, is not there")]);
    expect((await world.run(["run", "usbb"])).code).toBe(0);
    expect(proofWithDrive("usbb", 12)).toEqual([]);
  });

  /** As `proof`, with the passwords brought to where those of other lots are. */
  function proofWithDrive(lot: string, devices: number): string[] {
    const place = join(world.home, "output", lot, "secrets");
    rmSync(place, { recursive: true, force: true });
    renameSync(join(folder(), lot), place);
    return proof(world.home, lot, devices);
  }
});
