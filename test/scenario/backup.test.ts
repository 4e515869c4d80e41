import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeRows, makeWorld, manifestText, PASSPHRASE, treeOf, type World, writeLot } from "./harness.ts";

const rows = makeRows("A", 60);
let world: World;
beforeAll(async () => {
  world = await makeWorld();
  writeLot(world.home, "A", rows.slice(0, 40));
}, 60_000);
afterAll(() => world.close());

const state = () => join(world.home, "state");
const statusOf = async (lot: string) => {
  const { stdout } = await world.run(["status", lot, "--json"]);
  return (JSON.parse(stdout) as { counts: Record<string, number>; rejects: number }[])[0];
};

test("a backup made while a run is under way is restored, and takes in what came after it", async () => {
  const backup = join(world.home, "line-pc.tar");
  expect(await world.run(["run", "A"])).toMatchObject({ code: 0 });

  // While a run of more devices is under way; that run stops of itself, and goes on after the backup.
  writeFileSync(join(world.home, "input/A.csv"), manifestText(rows));
  const under = world.start(["run", "A"], { at: { step: "reserved", signal: "SIGSTOP" } });
  await expect.poll(() => stateOf(under.child.pid), { timeout: 120_000 }).toBe("T");
  const made = await world.run(["backup", backup, "--json"]);
  expect(made).toMatchObject({ code: 0 });
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(readFileSync(backup, "latin1")).not.toContain(PASSPHRASE);
  expect(readFileSync(backup, "latin1")).not.toContain("BEGIN PRIVATE KEY");
  under.child.kill("SIGCONT");
  expect(await under.ended).toMatchObject({ code: 0 });
  writeLot(world.home, "B", makeRows("B", 10));
  expect(await world.run(["run", "B"])).toMatchObject({ code: 0 });

  // The disk with state/ is lost; output/ is there.
  renameSync(state(), join(world.home, "lost"));
  expect(await world.run(["restore", backup])).toMatchObject({ code: 0 });
  const refused = await world.run(["run", "A"]);
  expect(refused.code).toBe(15);
  expect(refused.stderr).toMatch(/take them in first: lotmint check A, lotmint check B/);

  const checkedA = await world.run(["check", "A"]);
  expect(checkedA.stdout).toMatch(/GREEN/);
  expect(checkedA.code).toBe(0);
  expect((await world.run(["run", "A"])).stderr).toMatch(/take them in first: lotmint check B"/);
  const checkedB = await world.run(["check", "B"]);
  expect(checkedB.stdout).toMatch(/Lot B: 10 devices taken in that the backup does not know\n {2}B-00001\n/);
  expect(checkedB.code).toBe(0);

  // From here on it is a home like any other: the same manifests make nothing anew, and register what waits.
  const devices = treeOf(join(world.home, "output/A/devices"));
  for (const lot of ["A", "B"]) expect(await world.run(["run", lot])).toMatchObject({ code: 0 });
  expect(treeOf(join(world.home, "output/A/devices"))).toEqual(devices);
  expect(await statusOf("A")).toMatchObject({ counts: { confirmed: 60 }, rejects: 0 });
  expect(await statusOf("B")).toMatchObject({ counts: { confirmed: 10 }, rejects: 0 });
  expect(await world.run(["check", "B", "--platform"])).toMatchObject({ code: 0 });
}, 120_000);

test("a restore overwrites nothing, and neither does a backup", async () => {
  const backup = join(world.home, "second.tar");
  expect(await world.run(["backup", backup])).toMatchObject({ code: 0 });
  const before = treeOf(state());
  const again = await world.run(["backup", backup]);
  expect(again).toMatchObject({ code: 2 });
  expect(again.stderr).toMatch(/is there already and is not overwritten/);
  const restored = await world.run(["restore", backup]);
  expect(restored).toMatchObject({ code: 2 });
  expect(restored.stderr).toMatch(/is not empty, and a restore overwrites nothing/);
  expect(treeOf(state())).toEqual(before);
});

test("a backup that was cut, altered or is none restores nothing", async () => {
  const backup = join(world.home, "whole.tar");
  expect(await world.run(["backup", backup])).toMatchObject({ code: 0 });
  renameSync(state(), join(world.home, "kept"));
  const whole = readFileSync(backup);
  const altered = Buffer.from(whole);
  const at = whole.indexOf("BEGIN ENCRYPTED PRIVATE KEY") + 60;
  altered[at] = (altered[at] ?? 0) ^ 1;
  const attempts: readonly (readonly [string, Buffer])[] = [
    ["cut.tar", whole.subarray(0, whole.length / 2)],
    ["altered.tar", altered],
    ["none.tar", Buffer.from("not a backup at all\n".repeat(100))],
  ];
  for (const [name, content] of attempts) {
    writeFileSync(join(world.home, name), content);
    const restored = await world.run(["restore", join(world.home, name)]);
    expect(restored.code).toBe(2);
    expect(restored.stderr).toMatch(/is no backup of lotmint, or is damaged.*nothing was restored/);
    expect(() => statSync(state())).toThrow(/ENOENT/);
    expect(() => statSync(`${state()}.restoring`)).toThrow(/ENOENT/);
  }
  rmSync(join(world.home, "kept"), { recursive: true });
}, 60_000);

/** The state that the kernel tells of a process: T is stopped. */
function stateOf(pid: number | undefined): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}
