import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { externalKey } from "../../src/sandbox/sandbox-state.ts";
import {
  makeRows,
  makeWorld,
  manifestText,
  type StartOptions,
  treeOf,
  untilStopped,
  type World,
  writeJob,
  writeLot,
} from "./harness.ts";
import { proveLot, readLedger } from "./prove-lot.ts";

const IDENTITY = "/identity/externalIds/*";

const BULK = "/devicecontrol/bulkNewDeviceRequests";
const HURRY = new URL("./hurry.ts", import.meta.url).href;
/** Answers that are recorded together. */
const SET = 250;
const DEVICES = 510;

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());
afterEach(() => {
  setFaults(world.sandbox.state.faults, []);
  world.sandbox.state.requests.length = 0;
});

function reportOf(lot: string) {
  return JSON.parse(readFileSync(join(world.home, "output", lot, "report.json"), "utf8")) as {
    readonly counts: Readonly<Record<string, number>>;
    readonly stages: Readonly<Record<string, number>>;
  };
}

function questions(): readonly string[] {
  return world.sandbox.state.requests.flatMap(({ path }) => (path.startsWith("/identity/") ? path : []));
}

test("each device is asked for once beside minting, and one that is there is rejected wherever minting was", async () => {
  const rows = makeRows("COL", 30);
  writeLot(world.home, "col", rows, {});
  for (const { id } of rows.slice(20, 22))
    world.sandbox.state.externalIds.set(externalKey("c8y_Serial", id), "foreign");
  const { code } = await world.run(["run", "col"]);
  expect(code).toBe(3);
  const report = reportOf("col");
  expect(report.counts).toMatchObject({ confirmed: 28, rejected: 2 });
  // The asking has a step of its own, which ends before the submission.
  expect(report.stages).toHaveProperty("collisions");
  expect(questions()).toHaveLength(30);
  expect(new Set(questions()).size).toBe(30);
  expect(await world.run(["run", "col"])).toMatchObject({ code: 3 });
  expect(questions()).toHaveLength(30);
});

test("a user who may not read identities is told so with all devices minted, and the lot goes on once he may", async () => {
  writeLot(world.home, "col2", makeRows("COLB", 12), {});
  setFaults(world.sandbox.state.faults, [{ kind: "status", status: 403, match: { path: IDENTITY } }]);
  const refused = await world.run(["run", "col2"]);
  expect(refused.code).toBe(12);
  expect(refused.stderr).toContain("ROLE_IDENTITY_READ");
  expect(reportOf("col2").counts).toMatchObject({ listed: 12 });
  setFaults(world.sandbox.state.faults, []);
  expect(await world.run(["run", "col2"])).toMatchObject({ code: 0 });
  expect(reportOf("col2").counts).toMatchObject({ confirmed: 12 });
});

function proof(lot: string, devices: number): string[] {
  const { home, sandbox } = world;
  const ids = makeRows(lot.toUpperCase(), devices).map(({ id }) => id);
  return proveLot({ home, lot, ids, exitCode: 0, platform: sandbox.state });
}

/** The first set of answers is recorded, and nothing else of the lot is lost: the rest is asked for once, and all is sent. */
async function completeLot(lot: string): Promise<void> {
  const { state } = world.sandbox;
  const known = new Set(questions());
  setFaults(state.faults, []);
  state.requests.length = 0;
  expect(await world.run(["run", lot])).toMatchObject({ code: 0 });
  expect(questions()).toHaveLength(DEVICES - SET);
  expect(new Set(questions()).size).toBe(DEVICES - SET);
  expect(new Set([...known, ...questions()]).size).toBe(DEVICES);
  expect(proof(lot, DEVICES)).toEqual([]);
}

test("Ctrl-C breaks off questions that are under way, keeps the answers, and the next run asks for the rest", async () => {
  writeLot(world.home, "col3", makeRows("COL3", DEVICES));
  // After the first set nothing is answered: without the signal the questions would wait for thirty seconds.
  setFaults(world.sandbox.state.faults, [{ kind: "stall", from: SET + 1, match: { path: IDENTITY } }]);
  const at: StartOptions["at"] = { step: "collisions-answered", signal: "SIGINT" };
  const stopped = await world.run(["run", "col3"], { at });
  expect([stopped.code, stopped.stderr]).toEqual([130, expect.stringContaining("stopping: finishing the batches")]);
  expect([...readLedger(world.home, "col3").stages.values()]).not.toContain("confirmed");
  await completeLot("col3");
});

test("a platform that goes away while it is asked stops no minting; the run ends with 13, and the next completes the lot", async () => {
  writeLot(world.home, "col4", makeRows("COL4", DEVICES));
  setFaults(world.sandbox.state.faults, [
    { kind: "cut-before", from: SET + 1, match: { path: IDENTITY } },
    { kind: "cut-before", match: { path: BULK } },
  ]);
  const { code } = await world.run(["run", "col4"], { env: { NODE_OPTIONS: `--import ${HURRY}` } });
  expect(code).toBe(13);
  const { stages, openUploads } = readLedger(world.home, "col4");
  expect([new Set(stages.values()), stages.size, openUploads]).toEqual([new Set(["listed"]), DEVICES, 0]);
  await completeLot("col4");
});

test("a run that loses its lot while it asks is refused, records no answer, and changes nothing", async () => {
  writeLot(world.home, "col5", makeRows("COL5", 40));
  const sleeper = world.start(["run", "col5"], { at: { step: "collisions-answered", signal: "SIGSTOP" } });
  try {
    await untilStopped(sleeper);
    // As if it ran under another kernel, whose locks are not seen here.
    rmSync(join(world.home, "state", "locks"), { recursive: true });
    expect((await world.run(["run", "col5"])).code).toBe(0);
    expect(proof("col5", 40)).toEqual([]);
    // Its answers were not recorded, so the other run has asked again.
    expect(questions()).toHaveLength(80);
    const before = treeOf(join(world.home, "output", "col5"));
    sleeper.child.kill("SIGCONT");
    const awake = await sleeper.ended;
    expect([awake.code, awake.stderr]).toEqual([11, expect.stringContaining("taken over")]);
    expect(treeOf(join(world.home, "output", "col5"))).toEqual(before);
    expect(proof("col5", 40)).toEqual([]);
  } finally {
    sleeper.child.kill("SIGKILL");
  }
});

test("lots of a watcher that are asked for side by side share the places for questions", async () => {
  const { url, tenant, credentials, state } = world.sandbox;
  const platform = { url, tenant, user: credentials.user, caFile: join(world.home, "platform-ca.pem") };
  writeFileSync(join(world.home, "lotmint.yaml"), JSON.stringify({ platform, settle: "300ms", lotsAtOnce: 2 }));
  writeJob(world.home, "watched", { lot: "{file}", manifest: "../input/colw*.csv" });
  // Late enough that both lots have come to their questions before the first one is answered.
  setFaults(state.faults, [{ kind: "delay", delayMs: 2500, times: 12, match: { path: IDENTITY } }]);
  const lots = ["colw1", "colw2"];
  for (const lot of lots) {
    writeFileSync(join(world.home, "input", `${lot}.csv`), manifestText(makeRows(lot.toUpperCase(), 150)));
  }
  const { child, ended } = world.start(["watch"]);
  try {
    await expect
      .poll(() => [...state.devices.keys()].filter((id) => id.startsWith("COLW")).length, { timeout: 200_000 })
      .toBe(300);
    await pause(100);
  } finally {
    child.kill("SIGTERM");
  }
  expect((await ended).code).toBe(0);
  const asked = state.requests.filter(({ path }) => path.startsWith("/identity/"));
  const atOnce = asked.map(({ inFlight = 0 }) => inFlight);
  expect(asked).toHaveLength(300);
  // Four at first, for both together; two governors would have eight under way.
  expect(Math.max(...atOnce.slice(0, 8))).toBeLessThanOrEqual(4);
  expect(Math.max(...atOnce)).toBeLessThanOrEqual(64);
  for (const lot of lots) expect(proof(lot, 150)).toEqual([]);
});
