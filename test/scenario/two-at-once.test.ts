import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { makeRows, makeWorld, type Step, untilStopped, type World, writeLot } from "./harness.ts";
import { proveLot, readLedger } from "./prove-lot.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

function proof(lot: string, ids: readonly string[], exitCode = 0): string[] {
  const { home, sandbox } = world;
  return proveLot({ home, lot, ids, exitCode, platform: sandbox.state });
}

test("of two runs on one lot that are started together, one does it and the other ends with 11", async () => {
  const rows = makeRows("T1", 300);
  writeLot(world.home, "t1", rows);
  // Whichever gets the lot waits in the middle of it until the other has ended.
  const at = { step: "written", signal: "SIGSTOP" } as const;
  const runs = [world.start(["run", "t1"], { at }), world.start(["run", "t1"], { at })];
  try {
    const first = await Promise.race(runs.map(async (run) => ({ run, ...(await run.ended) })));
    expect(first.code).toBe(11);
    expect(first.stderr).toMatch(/lot t1 is held by another run \(host .+, process \d+\)/);
    for (const run of runs) if (run !== first.run) await untilStopped(run);
    for (const { child } of runs) child.kill("SIGCONT");
    const outcomes = await Promise.all(runs.map(({ ended }) => ended));
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 11]);
  } finally {
    for (const { child } of runs) child.kill("SIGKILL");
  }
  const ids = rows.map(({ id }) => id);
  expect(proof("t1", ids)).toEqual([]);
});

test("of two lots with an id in common, run together, the later one rejects the row and names the other lot", async () => {
  const [first, second] = [makeRows("T2", 150), makeRows("T3", 150)];
  const [common] = makeRows("COMMON", 1);
  if (common === undefined) throw new Error("no row");
  writeLot(world.home, "t2", [...first, common]);
  writeLot(world.home, "t3", [...second, common]);
  const outcomes = await Promise.all([world.run(["run", "t2"]), world.run(["run", "t3"])]);
  expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 3]);
  const [winner, loser] = outcomes[0].code === 0 ? ["t2", "t3"] : ["t3", "t2"];
  const rejects = readFileSync(join(world.home, "output", loser, "rejects.csv"), "utf8")
    .trimEnd()
    .split("\n");
  expect(rejects).toEqual([expect.any(String), expect.stringContaining(`${common.id},`)]);
  expect(rejects[1]).toContain(winner);
  expect([...readLedger(world.home, loser).stages.keys()]).not.toContain(common.id);
  expect(readLedger(world.home, winner).stages.get(common.id)).toBe("confirmed");
  expect(world.sandbox.state.devices.get(common.id)?.registrations).toBe(1);
});

/** Whether we may give a program process numbers of its own, as a container does. */
const mayContain = spawnSync("unshare", ["-rpf", "--kill-child", "--mount-proc", "true"]).status === 0;

test.skipIf(!mayContain)(
  "of two runs in containers of their own that share a home, the first keeps the lot until it is killed, and not longer",
  async () => {
    const rows = makeRows("T5", 30);
    writeLot(world.home, "t5", rows);
    setFaults(world.sandbox.state.faults, [{ kind: "stall", match: { path: "/devicecontrol/bulkNewDeviceRequests" } }]);
    const first = world.start(["run", "t5"], { contained: true });
    try {
      await expect
        .poll(() => world.sandbox.state.requests.some(({ fault }) => fault === "stall"), { timeout: 60_000 })
        .toBe(true);
      const second = await world.run(["run", "t5"], { contained: true });
      expect([second.code, second.stderr]).toEqual([11, expect.stringContaining("lot t5 is held by another run")]);
      expect(first.child.exitCode).toBeNull();
    } finally {
      first.child.kill("SIGKILL");
      await first.ended;
      setFaults(world.sandbox.state.faults, []);
    }
    expect((await world.run(["run", "t5"], { contained: true })).code).toBe(0);
    const ids = rows.map(({ id }) => id);
    expect(proof("t5", ids)).toEqual([]);
  },
);

const MOMENTS: readonly Step[] = [
  "reserved",
  "written",
  "passwords-placed",
  "minted",
  "folder-placed",
  "passwords-assembled",
  "part-written",
  "upload-opened",
];

test("check finds nothing wrong while a run is under way, wherever it stands", async () => {
  const rows = makeRows("T4", 60);
  writeLot(world.home, "t4", rows);
  const at = MOMENTS.map((step) => ({ step, times: step === "folder-placed" ? 10 : 1, signal: "SIGSTOP" }) as const);
  const running = world.start(["run", "t4"], { at });
  try {
    for (const step of MOMENTS) {
      await untilStopped(running);
      const { code, stdout } = await world.run(["check", "t4", "--json"]);
      expect([step, code, JSON.parse(stdout)]).toEqual([step, 0, expect.objectContaining({ lot: "t4", found: 0 })]);
      running.child.kill("SIGCONT");
    }
    expect((await running.ended).code).toBe(0);
  } finally {
    running.child.kill("SIGKILL");
  }
  const ids = rows.map(({ id }) => id);
  expect(proof("t4", ids)).toEqual([]);
});
