import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { fakeProgram, makeRows, makeWorld, type Step, treeOf, untilStopped, type World, writeLot } from "./harness.ts";
import { proveLot, readLedger, stagesOf } from "./prove-lot.ts";

const BULK = "/devicecontrol/bulkNewDeviceRequests";
/** Beyond the patience that a silent run under another kernel is given. */
const LATER_MS = 61_000;

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());
afterEach(() => setFaults(world.sandbox.state.faults, []));

function idsOf(lot: string, devices: number): string[] {
  return makeRows(lot.toUpperCase(), devices).map(({ id }) => id);
}

function write(lot: string, devices: number, job: object = {}): void {
  writeLot(world.home, lot, makeRows(lot.toUpperCase(), devices), job);
}

/** What speaks against the finished lot. */
function proof(lot: string, devices: number): string[] {
  const { home, sandbox } = world;
  return proveLot({ home, lot, ids: idsOf(lot, devices), exitCode: 0, platform: sandbox.state });
}

test("SIGINT lets the batches in hand be finished, reserves no more, and the next run goes on", async () => {
  const devices = 1510;
  write("s1", devices);
  const stopped = await world.run(["run", "s1"], { cores: 1, at: { step: "written", signal: "SIGINT" } });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain("stopping: finishing the batches in hand");
  const { stages, batchStates } = readLedger(world.home, "s1");
  const listed = [...stages.values()].filter((stage) => stage === "listed").length;
  const planned = [...stages.values()].filter((stage) => stage === "planned").length;
  // Batches of 250 for the one thread: one in its hands, one behind it, and on a busy machine what is begun before the signal is heard.
  expect([listed % 250, listed >= 500, planned, batchStates]).toEqual([0, true, devices - listed, ["placed"]]);
  expect(planned).toBeGreaterThan(0);
  expect((await world.run(["run", "s1"])).code).toBe(0);
  expect(proof("s1", devices)).toEqual([]);
});

test("SIGTERM lets the uploads in flight be answered, sends no more, and the next run goes on", async () => {
  const devices = 120;
  write("s2", devices, { submit: { rowsPerUpload: 40, concurrency: 1 } });
  setFaults(world.sandbox.state.faults, [{ kind: "delay", delayMs: 300, match: { path: BULK } }]);
  const stopped = await world.run(["run", "s2"], { at: { step: "upload-opened", signal: "SIGTERM" } });
  expect(stopped.code).toBe(130);
  const { stages, openUploads } = readLedger(world.home, "s2");
  const confirmed = [...stages.values()].filter((stage) => stage === "confirmed").length;
  const listed = [...stages.values()].filter((stage) => stage === "listed").length;
  expect([confirmed, listed, openUploads]).toEqual([40, 80, 0]);
  expect((await world.run(["run", "s2"])).code).toBe(0);
  expect(proof("s2", devices)).toEqual([]);
});

test("a second signal ends the program at once, and the next run finds out what the open upload came to", async () => {
  const devices = 30;
  write("s3", devices);
  setFaults(world.sandbox.state.faults, [{ kind: "stall", afterWork: true, match: { path: BULK } }]);
  const { child, ended } = world.start(["run", "s3"]);
  while (!world.sandbox.state.requests.some(({ fault }) => fault === "stall")) await pause(10);
  child.kill("SIGINT");
  await pause(200);
  expect(child.exitCode).toBeNull();
  child.kill("SIGTERM");
  expect((await ended).code).toBe(130);
  expect(stagesOf(world.home, "s3")).toEqual(new Set(["submitted"]));
  setFaults(world.sandbox.state.faults, []);
  expect((await world.run(["run", "s3"])).code).toBe(0);
  expect(proof("s3", devices)).toEqual([]);
  const [first = ""] = idsOf("s3", devices);
  expect(world.sandbox.state.devices.get(first)?.registrations).toBe(1);
});

test("Ctrl-C, which reaches every program on the terminal, does not void the batch that is being synced", async () => {
  write("s4", 20);
  // What a signal would do to a program that was started for a sync and has not left the terminal yet.
  const path = fakeProgram(
    world.home,
    "sync",
    'process.kill(process.pid, "SIGINT"); setTimeout(() => undefined, 1000);',
  );
  const stopped = world.start(["run", "s4"], {
    ownGroup: true,
    env: { PATH: path },
    at: { step: "written", signal: "SIGSTOP" },
  });
  await untilStopped(stopped);
  process.kill(-(stopped.child.pid ?? 0), "SIGINT");
  process.kill(-(stopped.child.pid ?? 0), "SIGCONT");
  expect((await stopped.ended).code).toBe(130);
  expect([...stagesOf(world.home, "s4")]).toEqual(["listed"]);
  expect((await world.run(["run", "s4"])).code).toBe(0);
  expect(proof("s4", 20)).toEqual([]);
});

test("of several lots, those that a signal kept from being begun make the exit code 130", async () => {
  write("s5-a", 10, { manifest: "../input/s5-*.csv" });
  write("s5-b", 10);
  const stopped = await world.run(["run", "s5-a"], { at: { step: "upload-closed", signal: "SIGINT" } });
  expect(stopped.code).toBe(130);
});

/** Where a run may fall asleep: before and after the point of decision, and on every side of an upload. */
const SLEEPS: readonly Step[] = [
  "synced",
  "passwords-placed",
  "minted",
  "folder-placed",
  "passwords-assembled",
  "part-written",
  "upload-opened",
  "upload-answered",
];

test.each(SLEEPS)("a run that slept through a takeover at `%s` is refused, and changes nothing", async (step) => {
  const lot = `z${SLEEPS.indexOf(step)}`;
  write(lot, 40);
  await sleepThroughTakeover(lot, 40, step);
});

test("a run whose threads are minting when it falls asleep is refused too, whatever they find gone", async () => {
  write("z-threads", 350);
  await sleepThroughTakeover("z-threads", 350, "written");
});

async function sleepThroughTakeover(lot: string, devices: number, step: Step): Promise<void> {
  const sleeper = world.start(["run", lot], { cores: 1, at: { step, signal: "SIGSTOP" } });
  try {
    await untilStopped(sleeper);
    if (step === SLEEPS[0]) expect((await world.run(["run", lot], { clockMs: LATER_MS })).code).toBe(11);
    // As if it ran under another kernel, whose locks are not seen here.
    rmSync(join(world.home, "state", "locks"), { recursive: true });
    expect((await world.run(["run", lot])).code).toBe(0);
    expect(proof(lot, devices)).toEqual([]);
    const before = treeOf(join(world.home, "output", lot));
    sleeper.child.kill("SIGCONT");
    const awake = await sleeper.ended;
    expect([awake.code, awake.stderr]).toEqual([11, expect.stringContaining("taken over")]);
    expect(treeOf(join(world.home, "output", lot))).toEqual(before);
    expect(proof(lot, devices)).toEqual([]);
  } finally {
    sleeper.child.kill("SIGKILL");
  }
}
