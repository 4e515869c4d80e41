import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeRows, manifestText, PASSPHRASE, type StartOptions, startLotmint, writeLot } from "./harness.ts";
import { runInProcess } from "./in-process.ts";

/** More than one batch. */
const DEVICES = 252;
const ENV = { LOTMINT_PASSPHRASE: PASSPHRASE };

/** For homes and the drive that is carried between them. */
let root: string;
let drive: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-shared-"));
  drive = join(root, "drive");
  mkdirSync(drive);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A home with an authority and a job for lot Lot7, whose passwords go to the drive. */
async function makeHome(name: string, devices = DEVICES, job: object = {}): Promise<string> {
  const home = join(root, name);
  mkdirSync(join(home, "input"), { recursive: true });
  mkdirSync(join(home, "jobs"));
  writeLot(home, "Lot7", makeRows(name, devices), {
    secrets: { folder: drive },
    registration: { mode: "none" },
    ...job,
  });
  expect((await call(home, "authority", "create", "line-1")).code).toBe(0);
  return home;
}

const call = (home: string, ...args: readonly string[]) => runInProcess(["--home", home, ...args], home, ENV);

/** The real program, for what a kill or another process beside it does. */
function start(home: string, args: readonly string[], options: StartOptions = {}) {
  return startLotmint(["--home", home, ...args], { ...options, env: ENV }).ended;
}

async function killed(home: string, step: "minted" | "batch-placed"): Promise<void> {
  expect((await start(home, ["run", "Lot7"], { at: { step, signal: "SIGKILL" } })).signal).toBe("SIGKILL");
}

function listed(path = join(drive, "Lot7", "passwords.csv")): readonly string[] {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(1);
}

async function reasonOf(home: string, ...args: readonly string[]): Promise<string> {
  const { code, text } = await call(home, ...args, "--json");
  return `${code}: ${text}`;
}

/** Every keystore opens with its listed password, and no password is without a device. */
async function expectSound(home: string): Promise<void> {
  const { code, text } = await call(home, "check", "Lot7");
  expect([code, text]).toEqual([0, expect.stringContaining("Lot7")]);
}

test("of two homes with one folder for passwords, the second is refused before anything is reserved", async () => {
  const [first, second] = [await makeHome("first"), await makeHome("second")];
  await killed(first, "batch-placed");
  const before = readdirSync(join(drive, "Lot7")).sort();
  const refused = await reasonOf(second, "run", "Lot7");
  expect(refused).toMatch(/^2: /);
  expect(refused).toContain(`${join(drive, "Lot7")} is another home's`);
  expect(refused).toContain(first);
  expect(readdirSync(join(drive, "Lot7")).sort()).toEqual(before);
  expect(JSON.parse((await call(second, "status", "--json")).text)).toEqual([]);
  // A watcher files it, and does not wait for what never comes by itself.
  expect((await call(second, "watch", "--once")).code).toBe(2);
  expect(readdirSync(join(second, "input", "rejected"))).toContain("Lot7.csv");
  expect((await call(first, "run", "Lot7")).code).toBe(0);
  expect(listed()).toHaveLength(DEVICES);
  await expectSound(first);
});

test("of two homes that begin at once, one has all its passwords listed and the other is refused", async () => {
  const homes = [await makeHome("first", 60), await makeHome("second", 60)];
  const ended = await Promise.all(homes.map((home) => start(home, ["run", "Lot7"])));
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 2]);
  const winner = homes[ended.findIndex(({ code }) => code === 0)] ?? "";
  expect(listed()).toHaveLength(60);
  await expectSound(winner);
  const loser = homes[ended.findIndex(({ code }) => code === 2)] ?? "";
  expect((await call(loser, "run", "Lot7")).code).toBe(2);
});

test("of a home and its copy, the one that comes later is refused, and no password is lost", async () => {
  const home = await makeHome("first");
  await killed(home, "batch-placed");
  const copy = join(root, "copy");
  cpSync(home, copy, { recursive: true });
  expect((await call(copy, "run", "Lot7")).code).toBe(0);
  const before = readFileSync(join(drive, "Lot7", "passwords.csv"), "utf8");
  const refused = await reasonOf(home, "run", "Lot7");
  expect(refused).toMatch(/^2: .*another copy of this home/);
  expect(readFileSync(join(drive, "Lot7", "passwords.csv"), "utf8")).toBe(before);
  await expectSound(copy);
});

test("a home and its copy that go on at once lose no password: one ends well, and the other keeps its segments", async () => {
  const home = await makeHome("first", 20);
  await killed(home, "batch-placed");
  writeLot(home, "Lot7", makeRows("first", 60), { secrets: { folder: drive }, registration: { mode: "none" } });
  const copy = join(root, "copy");
  cpSync(home, copy, { recursive: true });
  const homes = [home, copy];
  const ended = await Promise.all(homes.map((each) => start(each, ["run", "Lot7"])));
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 2]);
  expect(listed()).toHaveLength(60);
  await expectSound(homes[ended.findIndex(({ code }) => code === 0)] ?? "");
  const loser = homes[ended.findIndex(({ code }) => code === 2)] ?? "";
  // Refused before it minted anything, or when it came to its list.
  const minted = readdirSync(join(loser, "output", "Lot7", "devices")).filter((id) => id > "first-00020");
  const kept = readdirSync(join(drive, "Lot7")).filter((name) => name.startsWith("segment-"));
  const lines = kept.flatMap((name) =>
    readFileSync(join(drive, "Lot7", name), "utf8")
      .trimEnd()
      .split("\n"),
  );
  expect(lines.map((line) => line.split(",")[0]).sort()).toEqual(minted.sort());
});

test("what a restored home had marked before is not touched until check takes it over, and then its old home is refused", async () => {
  const home = await makeHome("first", 4);
  expect((await call(home, "run", "Lot7")).code).toBe(0);
  expect((await call(home, "backup", join(root, "backup.tar"))).code).toBe(0);
  const spare = join(root, "spare");
  mkdirSync(spare);
  expect((await call(spare, "restore", join(root, "backup.tar"))).code).toBe(0);
  for (const each of ["jobs", "input", "output"]) cpSync(join(home, each), join(spare, each), { recursive: true });
  for (const each of [home, spare]) {
    writeLot(each, "Lot7", makeRows("first", 6), { secrets: { folder: drive }, registration: { mode: "none" } });
  }
  rmSync(join(spare, "state", "restored.json"));
  expect(await reasonOf(spare, "run", "Lot7")).toMatch(/^2: .*restored from a backup.*lotmint check Lot7/);
  expect((await call(spare, "check", "Lot7")).code).toBe(0);
  expect((await call(spare, "run", "Lot7")).code).toBe(0);
  expect(listed()).toHaveLength(6);
  await expectSound(spare);
  expect(await reasonOf(home, "run", "Lot7")).toMatch(/^2: .*a restored copy of this home/);
});

test("passwords that are gone before they were listed end a run with 15, until their devices are reminted", async () => {
  const home = await makeHome("first", 3);
  await killed(home, "minted");
  for (const name of readdirSync(join(drive, "Lot7"))) {
    if (name.startsWith("segment-")) rmSync(join(drive, "Lot7", name));
  }
  const missed = /^15: .*passwords of 3 devices \(first-00001, first-00002, first-00003\) of lot Lot7/;
  expect(await reasonOf(home, "run", "Lot7")).toMatch(missed);
  expect(await reasonOf(home, "run", "Lot7")).toMatch(missed);
  const one = ["remint", "first-00001", "--reason", "superseded"];
  const { code, text } = await call(home, ...one, "--json");
  expect([code, JSON.parse(text).devices.length]).toEqual([15, 1]);
  const others = ["remint", "first-00002", "first-00003", "--reason", "superseded"];
  expect((await call(home, ...others)).code).toBe(0);
  expect((await call(home, "run", "Lot7")).code).toBe(0);
  await expectSound(home);
});

test("a lot that is finished does not miss a list that was carried away, and lists new devices alone", async () => {
  const home = await makeHome("first", 3);
  expect((await call(home, "run", "Lot7")).code).toBe(0);
  renameSync(join(drive, "Lot7", "passwords.csv"), join(root, "carried.csv"));
  expect((await call(home, "run", "Lot7")).code).toBe(0);
  writeLot(home, "Lot7", makeRows("first", 5), { secrets: { folder: drive }, registration: { mode: "none" } });
  expect((await call(home, "run", "Lot7")).code).toBe(0);
  expect(listed().map((line) => line.split(",")[0])).toEqual(["first-00004", "first-00005"]);
  expect(listed(join(root, "carried.csv"))).toHaveLength(3);
});

test("a folder from before there were marks is adopted by the home whose passwords are in it, and by no other", async () => {
  const [home, other] = [await makeHome("first", 3), await makeHome("second", 3)];
  await killed(home, "minted");
  // As an earlier version left it.
  const ledger = new DatabaseSync(join(home, "state", "ledger.sqlite"));
  const [{ segment, number }] = ledger.prepare("SELECT segment, number FROM batches").all() as [
    { segment: string; number: number },
  ];
  const old = `segment-${String(number).padStart(6, "0")}.csv`;
  ledger.prepare("UPDATE batches SET segment = ?, listed = 2").run(old);
  ledger.close();
  renameSync(join(drive, "Lot7", segment), join(drive, "Lot7", old));
  for (const folder of [join(drive, "Lot7"), join(home, "output", "Lot7")]) rmSync(join(folder, ".lotmint-owner.json"));
  expect(await reasonOf(other, "run", "Lot7")).toMatch(/^2: .*nothing says whose they are/);
  expect((await call(home, "run", "Lot7")).code).toBe(0);
  expect(listed()).toHaveLength(3);
  await expectSound(home);
  // The same ids with other keys: only the keystores tell.
  const twin = join(root, "twin");
  cpSync(other, twin, { recursive: true });
  writeLot(twin, "Lot7", makeRows("first", 3), { registration: { mode: "none" } });
  expect((await call(twin, "run", "Lot7")).code).toBe(0);
  writeLot(twin, "Lot7", makeRows("first", 4), { secrets: { folder: drive }, registration: { mode: "none" } });
  expect(await reasonOf(twin, "run", "Lot7")).toMatch(/^2: .*does not open its keystore/);
  expect(listed()).toHaveLength(3);
});

test("names that differ only by case or Unicode form are one lot, under the spelling that came first", async () => {
  const home = await makeHome("first", 2);
  const spellings = ["Größe-7", "größe-7".normalize("NFD"), "GRÖSSE-7"] as const;
  const manifest = (index: number) => join(home, "input", `${spellings[index]}.csv`);
  writeFileSync(join(home, "lotmint.yaml"), "{}");
  writeFileSync(manifest(0), manifestText(makeRows("G", 2)));
  writeFileSync(manifest(1), manifestText(makeRows("G", 3)));
  expect((await call(home, "run", manifest(0), "--issuer", "line-1")).code).toBe(0);
  expect(JSON.parse((await call(home, "plan", manifest(1), "--json")).text)).toMatchObject({
    lot: spellings[0],
    mint: 1,
  });
  expect((await call(home, "run", manifest(1), "--issuer", "line-1")).code).toBe(0);
  expect(readdirSync(join(home, "output"))).toEqual([spellings[0]]);
  for (const args of [
    ["status", spellings[2]],
    ["report", spellings[1]],
    ["check", spellings[2]],
    ["revoke", "--lot", spellings[1]],
  ]) {
    const { code, text } = await call(home, ...args, "--json");
    expect([args, code]).toEqual([args, 0]);
    expect(text).toContain(spellings[0]);
  }
  // A rejects file in another spelling, through the drop folder.
  const second = join(home, "input", "corrected.csv");
  writeFileSync(second, `id,name,lotmint:lot,lotmint:line\nG-9,Nine,${spellings[2]},9\n`);
  expect((await call(home, "run", second)).code).toBe(0);
  expect(readdirSync(join(home, "output", spellings[0], "devices"))).toContain("G-9");
  expect(readdirSync(join(home, "output"))).toEqual([spellings[0]]);
  expect(existsSync(join(home, "output", spellings[0], "secrets", "passwords.csv"))).toBe(true);
});

test("an old ledger that has two such lots keeps both, and a name that might mean either is refused", async () => {
  const home = await makeHome("first", 2);
  expect((await call(home, "run", "Lot7")).code).toBe(0);
  const ledger = new DatabaseSync(join(home, "state", "ledger.sqlite"));
  ledger.exec(
    "INSERT INTO lots (name, issuer, job_name, job_json, created_at_ms) SELECT 'lot7', issuer, job_name, job_json, 0 FROM lots",
  );
  ledger.close();
  for (const name of ["Lot7", "lot7"]) {
    const { code, text } = await call(home, "status", name, "--json");
    expect([code, JSON.parse(text).map(({ lot }: { lot: string }) => lot)]).toEqual([0, [name]]);
  }
  const refused = await reasonOf(home, "status", "LOT7");
  expect(refused).toMatch(/^2: /);
  expect(refused).toMatch(/Lot7.*and.*lot7/);
});
