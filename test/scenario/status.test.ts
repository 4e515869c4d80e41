import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, makeRows, makeWorld, manifestText, type World } from "./harness.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());

const json = (ended: Ended) => JSON.parse(ended.stdout);
const output = (lot: string) => join(world.home, "output", lot);
const manifest = (lot: string) => join(world.home, "input", `${lot}.csv`);
const write = (lot: string, count: number) => writeFileSync(manifest(lot), manifestText(makeRows(lot, count)));

test("plan of a lot whose run was killed tells what a run would still do, and after it that nothing is left", async () => {
  write("K", 1200);
  const run = ["run", manifest("K"), "--issuer", "line-1"];
  await world.run(run, { at: { step: "minted", times: 1, signal: "SIGKILL" }, cores: 1 });
  const plan = json(await world.run(["plan", manifest("K"), "--issuer", "line-1", "--json"]));
  const { counts } = plan;
  expect(counts.planned + counts.reserved).toBeGreaterThan(0);
  expect(counts.minted).toBeGreaterThan(0);
  expect(plan).toMatchObject({ mint: 0, keep: 1200 });
  expect(plan.run).toMatchObject({ mint: 1200 - counts.minted, recover: counts.reserved, list: 1200, submit: 1200 });
  const other = json(await world.run(["plan", manifest("K"), "--issuer", "root", "--json"]));
  expect(other.notes.join()).toContain("a run would stop: lot K is unfinished");
  expect((await world.run(run)).code).toBe(0);
  const text = (await world.run(["plan", manifest("K"), "--issuer", "line-1"])).stdout;
  expect(text).toContain("nothing to do");
});

test("status accounts for every device after a revocation and a remint, and the remint says what is left", async () => {
  write("S", 6);
  expect((await world.run(["run", manifest("S"), "--issuer", "line-1"])).code).toBe(0);
  expect((await world.run(["revoke", "S-00001", "S-00002", "--yes"])).code).toBe(0);
  const remint = await world.run(["remint", "S-00002", "--reason", "superseded"]);
  expect(remint.stdout).toContain("1 device of lot S still to be registered: run the lot again");
  const [lot] = json(await world.run(["status", "S", "--json"]));
  expect(lot).toMatchObject({ devices: 6, counts: { revoked: 1, minted: 1, confirmed: 4 }, remaining: { list: 1 } });
  const text = (await world.run(["status", "S"])).stdout;
  expect(text).toContain("REVOKED");
  expect(text).toContain("1 to register: run it again");
});

test("a finished lot that is run with another issuer reports the one that signed", async () => {
  write("F", 3);
  expect((await world.run(["run", manifest("F"), "--issuer", "line-1"])).code).toBe(0);
  const again = json(await world.run(["run", manifest("F"), "--issuer", "root", "--json"]));
  expect(again.issuer).toBe("line-1");
  expect(again.notes.join()).toContain("the job names issuer root, which has signed nothing in this lot");
  expect(json(await world.run(["status", "F", "--json"]))[0].issuer).toBe("line-1");
});

test.each([
  ["no passphrase", { LOTMINT_PASSPHRASE: undefined }, 2],
  ["a wrong passphrase", { LOTMINT_PASSPHRASE: "certainly not the one" }, 10],
  ["no platform password", { LOTMINT_PLATFORM_PASSWORD: undefined }, 2],
] as const)(
  "a new lot with %s is refused before anything of it is made, by run and by watch",
  async (name, env, code) => {
    const lot = `N${name.length}`;
    write(lot, 3);
    expect((await world.run(["run", manifest(lot), "--issuer", "line-1"], { env })).code).toBe(code);
    writeFileSync(join(world.home, "jobs", `${lot}.yaml`), `manifest: ../input/${lot}.csv\nissuer: line-1\n`);
    writeFileSync(`${manifest(lot)}.ready`, "");
    expect((await world.run(["watch", "--once"], { env })).code).toBe(code);
    expect(readFileSync(join(world.home, "input", "rejected", `${lot}.csv.result.txt`), "utf8")).toMatch(/^FAILED/);
    expect(existsSync(output(lot))).toBe(false);
    expect(existsSync(join(world.home, "state", "lots", lot))).toBe(false);
    expect(json(await world.run(["status", "--json"])).map((status: { lot: string }) => status.lot)).not.toContain(lot);
  },
);

test("an amended manifest without a passphrase leaves a finished lot as it was", async () => {
  write("A", 3);
  expect((await world.run(["run", manifest("A"), "--issuer", "line-1"])).code).toBe(0);
  write("A", 5);
  const before = readFileSync(join(output("A"), "report.json"), "utf8");
  const refused = await world.run(["run", manifest("A")], { env: { LOTMINT_PASSPHRASE: undefined } });
  expect(refused.code).toBe(2);
  expect(readFileSync(join(output("A"), "report.json"), "utf8")).toBe(before);
  expect(json(await world.run(["status", "A", "--json"]))[0].devices).toBe(3);
});

test("a manifest with more rows than maxRows is refused whole, with the line, by plan, run and watch", async () => {
  write("M", 12);
  writeFileSync(join(world.home, "jobs", "M.yaml"), "manifest: ../input/M.csv\nissuer: line-1\nmaxRows: 10\n");
  for (const command of ["plan", "run"]) {
    const refused = await world.run([command, "M"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/M\.csv, line 12: the file has more than 10 rows/);
  }
  writeFileSync(`${manifest("M")}.ready`, "");
  expect((await world.run(["watch", "--once"])).code).toBe(2);
  expect(existsSync(output("M"))).toBe(false);
});
