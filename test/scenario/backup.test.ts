import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
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
  expect((await world.run(["run", "A"])).stderr).toMatch(/take them in first: lotmint check B \(/);
  const checkedB = await world.run(["check", "B"]);
  expect(checkedB.stdout).toMatch(/Lot B: 10 devices recovered that the backup does not know\n {2}B-00001\n/);
  expect(checkedB.code).toBe(0);
  expect(checkedB.stderr).toMatch(/10 devices are recovered from output\//);

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

test("after a restore nothing is signed while the output of a lot of the ledger is not back", async () => {
  const own = await restoredWithout("output");
  try {
    for (const args of [
      ["run", "A"],
      ["remint", "A-00001", "--reason", "superseded"],
      ["authority", "create", "line-2", "--issuer", "root"],
    ]) {
      const refused = await own.run(args);
      expect([args[0], refused.code]).toEqual([args[0], 15]);
      expect(refused.stderr).toMatch(/nothing is signed until every lot has been checked.*lotmint check A\b/);
    }
    const status = await own.run(["status"]);
    expect(status.stdout).toMatch(
      /until these lots have been checked\.\n {2}lotmint check A\n.*--write-off --reason TEXT/,
    );
    expect(JSON.parse((await own.run(["status", "--json"])).stdout)).toMatchObject([{ lot: "A", unchecked: true }]);

    // What is there already is revoked and listed, and makes no folder that would look like the output.
    expect(await own.run(["revoke", "A-00002"])).toMatchObject({ code: 0 });
    expect(await own.run(["authority", "crl", "line-1"])).toMatchObject({ code: 0 });
    const early = await own.run(["check", "A"]);
    expect(early.code).toBe(15);
    expect(early.stderr).toMatch(/lot A is not checked: .*output\/A is not there/);

    // Back but for one folder, then whole.
    renameSync(join(own.home, "away"), join(own.home, "output"));
    renameSync(join(own.home, "output/A/devices/A-00003"), join(own.home, "A-00003"));
    const partly = await own.run(["check", "A"]);
    expect(partly.code).toBe(15);
    expect(partly.stderr).toMatch(/the folder of 1 device \(A-00003\) is not in/);
    renameSync(join(own.home, "A-00003"), join(own.home, "output/A/devices/A-00003"));
    expect((await own.run(["check", "A"])).stdout).toMatch(/10 devices recovered/);
    const devices = treeOf(join(own.home, "output/A/devices"));
    writeLot(own.home, "A", makeRows("A", 20));
    await own.run(["run", "A"]);
    for (const [path, content] of Object.entries(devices)) {
      if (!path.includes("A-00002")) expect(treeOf(join(own.home, "output/A/devices"))).toHaveProperty([path], content);
    }
  } finally {
    await own.close();
  }
}, 120_000);

test("a lot whose output is lost is written off: revoked, recorded, listed, and its ids are free", async () => {
  const own = await restoredWithout("output");
  try {
    const off = ["check", "A", "--write-off"];
    expect(await own.run(off)).toMatchObject({ code: 2, stderr: expect.stringMatching(/--reason TEXT/) });
    expect(await own.run(["check", "A", "--reason", "x"])).toMatchObject({ code: 2 });
    const reason = "the disk was stolen";
    const dry = await own.run([...off, "--reason", reason]);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/Nothing was done.*10 devices/) });
    expect(await own.run(["run", "A"])).toMatchObject({ code: 15 });

    const done = await own.run([...off, "--reason", reason, "--yes", "--json"]);
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      writtenOff: true,
      reason,
      revoked: 10,
      crls: [{ kind: "written", entries: 10 }],
    });
    const ledger = new DatabaseSync(join(own.home, "state/ledger.sqlite"), { readOnly: true });
    const events = ledger.prepare("SELECT subject, detail FROM events WHERE kind = 'lot-written-off'").all();
    ledger.close();
    expect(events.map((event) => [event["subject"], JSON.parse(String(event["detail"]))])).toEqual([
      ["A", { reason, revoked: 10 }],
    ]);
    expect(await own.run([...off, "--reason", reason, "--yes"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nothing to be written off/),
    });
    expect(JSON.parse((await own.run(["status", "--json"])).stdout)).toMatchObject([
      { lot: "A", unchecked: false, counts: { revoked: 10 } },
    ]);
    writeLot(own.home, "A2", makeRows("A", 10));
    expect(await own.run(["run", "A2"])).toMatchObject({ code: 0 });
  } finally {
    await own.close();
  }
}, 120_000);

test("what is left of a lot that is written off, and was signed after the backup, is revoked too", async () => {
  const own = await restoredWithout("state alone");
  try {
    const off = await own.run(["check", "A", "--write-off", "--reason", "passwords lost", "--yes", "--json"]);
    expect(off.code).toBe(0);
    expect(JSON.parse(off.stdout)).toMatchObject({ revoked: 21, crls: [{ entries: 21 }] });
  } finally {
    await own.close();
  }
}, 120_000);

test("revoking before the check leaves a batch alone that was under way in the backup and is minted since", async () => {
  const own = await makeWorld();
  try {
    const backup = join(own.home, "line-pc.tar");
    writeLot(own.home, "A", makeRows("A", 5));
    expect(await own.run(["run", "A"])).toMatchObject({ code: 0 });
    writeLot(own.home, "A", makeRows("A", 10));
    const under = own.start(["run", "A"], { at: { step: "reserved", signal: "SIGSTOP" } });
    await expect.poll(() => stateOf(under.child.pid), { timeout: 20_000 }).toBe("T");
    expect(await own.run(["backup", backup])).toMatchObject({ code: 0 });
    under.child.kill("SIGCONT");
    expect(await under.ended).toMatchObject({ code: 0 });
    renameSync(join(own.home, "state"), join(own.home, "lost"));
    expect(await own.run(["restore", backup])).toMatchObject({ code: 0 });
    // Both recover lots, which gives up what a killed run has left.
    expect(await own.run(["revoke", "A-00001"])).toMatchObject({ code: 0 });
    expect(await own.run(["authority", "crl", "line-1"])).toMatchObject({ code: 0 });
    expect(await own.run(["check", "A"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("10 of 10 devices"),
    });
  } finally {
    await own.close();
  }
}, 120_000);

/** A home whose lot A has 10 devices in the backup and 20 in output/, one of the 10 reminted; output/ is put away or left. */
async function restoredWithout(what: "output" | "state alone"): Promise<World> {
  const own = await makeWorld();
  const backup = join(own.home, "line-pc.tar");
  writeLot(own.home, "A", makeRows("A", 10));
  expect(await own.run(["run", "A"])).toMatchObject({ code: 0 });
  expect(await own.run(["backup", backup])).toMatchObject({ code: 0 });
  writeLot(own.home, "A", makeRows("A", 20));
  expect(await own.run(["run", "A"])).toMatchObject({ code: 0 });
  if (what === "state alone")
    expect(await own.run(["remint", "A-00001", "--reason", "superseded"])).toMatchObject({ code: 0 });
  renameSync(join(own.home, "state"), join(own.home, "lost"));
  if (what === "output") renameSync(join(own.home, "output"), join(own.home, "away"));
  expect(await own.run(["restore", backup])).toMatchObject({ code: 0 });
  return own;
}
