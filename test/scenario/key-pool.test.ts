import { createPrivateKey, X509Certificate } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { makeRsaPair } from "../../src/keystore/pool/make-rsa-pair.ts";
import { openPool } from "../../src/keystore/pool/open-pool.ts";
import { openSlotCipher, slotSize } from "../../src/keystore/pool/seal-key.ts";
import { writePem } from "../../src/x509/pem.ts";
import { makeRequest } from "../fixtures/make-request.ts";
import { findSecrets, type Secret, type Written } from "./find-secret.ts";
import {
  makeHome,
  makeRows,
  PASSPHRASE,
  runLotmint,
  type StartOptions,
  type Step,
  startLotmint,
  untilStopped,
} from "./harness.ts";

const POOL_PASSPHRASE = "a passphrase for the pool";
const ENV = { LOTMINT_PASSPHRASE: PASSPHRASE, LOTMINT_POOL_PASSPHRASE: POOL_PASSPHRASE };

let home = "";
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "lotmint-pool-"));
  const made = process.env["LOTMINT_TEST_HOME"];
  if (made === undefined) await makeHome(home);
  else cpSync(made, home, { recursive: true });
  ask(6);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function ask(keys: number): void {
  writeFileSync(
    join(home, "lotmint.yaml"),
    JSON.stringify({ keyPool: { "rsa-2048": keys }, defaults: { key: "rsa-2048" } }),
  );
}
const run = (args: readonly string[], { env, home: other, ...options }: StartOptions = {}) =>
  runLotmint(["--home", other ?? home, ...args], { ...options, env: { ...ENV, ...env } });
const fill = (options: StartOptions = {}) => run(["keys", "fill", "--json"], options);

/** Writes a manifest and runs its lot. */
function runLot(lot: string, devices: number, options: StartOptions = {}) {
  const path = join(options.home ?? home, `${lot}.csv`);
  const rows = makeRows(lot.toUpperCase(), devices).map(({ id }) => `${id}\n`);
  writeFileSync(path, `id\n${rows.join("")}`);
  return run(["run", path, "--issuer", "line-1"], options);
}

async function available(of = home): Promise<number> {
  const { stdout } = await run(["status", "--json"], { home: of });
  const pool = (JSON.parse(stdout) as { keyPool?: { available: number }[] }[]).find(({ keyPool }) => keyPool)?.keyPool;
  return pool?.[0]?.available ?? Number.NaN;
}

/** Every key that the files of the pool still hold. */
async function keysInPool(of = home) {
  const pool = await openPool(join(of, "state", "key-pool"), POOL_PASSPHRASE);
  const folder = join(pool.folder, "rsa-2048");
  const size = slotSize("rsa-2048");
  return readdirSync(folder).flatMap((segment) => {
    const content = readFileSync(join(folder, segment));
    const cipher = openSlotCipher(pool, "rsa-2048", segment.replace(/\.new$/, ""));
    return Array.from({ length: content.length / size }, (_, position) =>
      cipher.open(position, content.subarray(position * size, (position + 1) * size)),
    ).filter((pair) => pair !== undefined);
  });
}

/** The public keys of all devices of these homes, SPKI in hex. */
function devicesKeys(...homes: readonly string[]): readonly string[] {
  return homes.flatMap((each) => {
    const output = join(each, "output");
    if (!existsSync(output)) return [];
    return readdirSync(output, { recursive: true, encoding: "utf8" })
      .filter((name) => /devices.*certificate\.pem$/.test(name))
      .map((name) => new X509Certificate(readFileSync(join(output, name))))
      .map(({ publicKey }) => publicKey.export({ type: "spki", format: "der" }).toString("hex"));
  });
}

function filesOf(folder: string): readonly Written[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({
      name: join(entry.parentPath, entry.name),
      content: readFileSync(join(entry.parentPath, entry.name)),
    }));
}

/**
 * Pieces of a private key, from its end, which is not public: half of dQ and all of qInv. So short and so many that a line
 * of PEM holds one whole, wherever it begins.
 */
function piecesOf(pkcs8: Buffer, name: string): readonly Secret[] {
  return Array.from({ length: 6 }, (_, piece) => {
    const end = pkcs8.length - piece * 24;
    return { name, octets: pkcs8.subarray(end - 24, end) };
  });
}

/** Where any piece of a private key stands in the home: in DER, PEM or any other spelling. */
function leaks(pairs: readonly { readonly pkcs8: Buffer }[]): readonly string[] {
  return findSecrets(
    pairs.flatMap(({ pkcs8 }, index) => piecesOf(pkcs8, `key ${index}`)),
    filesOf(home),
  );
}

test("a key in the clear would be found in the home, as DER and as PEM", () => {
  const pair = makeRsaPair("rsa-2048");
  expect(leaks([pair])).toEqual([]);
  for (const [name, content] of [
    ["key.der", pair.pkcs8],
    ["key.pem", writePem("PRIVATE KEY", pair.pkcs8)],
    ["padded.pem", writePem("X", Buffer.concat([Buffer.alloc(31), pair.pkcs8]))],
  ] as const) {
    writeFileSync(join(home, name), content);
    expect(leaks([pair]).some((found) => found.endsWith(name))).toBe(true);
  }
});

test("a lot draws its keys, goes on with new ones when the pool is empty, and the pool counts and warns", async () => {
  expect(JSON.parse((await fill()).stdout)).toEqual({
    keyPool: [{ algorithm: "rsa-2048", wanted: 6, available: 6, added: 6 }],
    exitCode: 0,
  });
  const pairs = await keysInPool();
  const pooled = pairs.map(({ spki }) => spki.toString("hex"));
  expect((await runLot("l1", 4)).code).toBe(0);
  expect(devicesKeys(home).toSorted()).toEqual(pooled.filter((key) => devicesKeys(home).includes(key)).toSorted());
  expect((await keysInPool()).length).toBe(2);
  expect(await available()).toBe(2);
  const second = await runLot("l2", 5);
  expect(second.code).toBe(0);
  expect(second.stderr).toContain("the key pool is low: 0 of 6");
  const all = devicesKeys(home);
  expect(new Set(all).size).toBe(9);
  expect(pooled.filter((key) => !all.includes(key))).toEqual([]);
  expect(readdirSync(join(home, "state", "key-pool", "rsa-2048"))).toEqual([]);
  expect(leaks(pairs)).toEqual([]);
  expect((await run(["status"])).stdout).toMatch(/Key pool\n +rsa-2048 +0 of 6 +low/);
  expect((await run(["check", "l2"])).code).toBe(0);
});

test("a remint draws its keys, and a device that keeps its own takes none", async () => {
  await fill();
  expect((await runLot("l1", 1)).code).toBe(0);
  const [before] = devicesKeys(home);
  expect((await run(["remint", "L1-00001", "--reason", "superseded"])).code).toBe(0);
  expect(await available()).toBe(4);
  expect(devicesKeys(home)[0]).not.toBe(before);
  const key = createPrivateKey({ key: makeRsaPair("rsa-2048").pkcs8, format: "der", type: "pkcs8" });
  const request = writePem("CERTIFICATE REQUEST", makeRequest({ key, commonName: "own" }));
  const path = join(home, "l2.csv");
  writeFileSync(path, `id,csr\nown,"${request}"\nL2-1,\n`);
  expect(await run(["run", path, "--issuer", "line-1"])).toMatchObject({ code: 0 });
  expect(await available()).toBe(3);
});

test("without its passphrase a lot is minted without the pool and says so; with a wrong one it ends with 10", async () => {
  await fill();
  const without = await runLot("l1", 1, { env: { LOTMINT_POOL_PASSPHRASE: undefined } });
  expect(without.code).toBe(0);
  expect(without.stderr).toContain("keys were made without the key pool: its passphrase is not given");
  expect(await available()).toBe(6);
  const wrong = await runLot("l2", 1, { env: { LOTMINT_POOL_PASSPHRASE: "not the passphrase" } });
  expect(wrong.code).toBe(10);
  expect(wrong.stderr).toContain("LOTMINT_POOL_PASSPHRASE");
  expect(existsSync(join(home, "output", "l2", "devices", "L2-00001"))).toBe(false);
  expect((await runLot("l2", 1)).code).toBe(0);
  expect(await available()).toBe(5);
});

test("keys fill says what it lacks: a setting, a passphrase, a long enough one, the right one", async () => {
  expect((await fill({ env: { LOTMINT_POOL_PASSPHRASE: undefined } })).code).toBe(2);
  expect((await fill({ env: { LOTMINT_POOL_PASSPHRASE: "eleven lett" } })).code).toBe(2);
  expect(existsSync(join(home, "state", "key-pool"))).toBe(false);
  ask(1);
  expect((await fill()).code).toBe(0);
  ask(2);
  expect((await fill({ env: { LOTMINT_POOL_PASSPHRASE: "not the passphrase" } })).code).toBe(10);
  const exposed = join(home, "pool.pass");
  writeFileSync(exposed, POOL_PASSPHRASE, { mode: 0o644 });
  const file = { LOTMINT_POOL_PASSPHRASE: undefined, LOTMINT_POOL_PASSPHRASE_FILE: exposed };
  expect((await fill({ env: file })).code).toBe(2);
  writeFileSync(join(home, "lotmint.yaml"), "{}");
  expect((await fill()).stderr).toContain("keyPool");
});

test("a signal ends keys fill with 130, what was made is kept, and a second one at the same time ends with 11", async () => {
  ask(100_000);
  const first = startLotmint(["--home", home, "keys", "fill", "--json"], {
    env: ENV,
    at: { step: "pool-filled", signal: "SIGSTOP" },
  });
  await untilStopped(first);
  expect((await fill()).code).toBe(11);
  first.child.kill("SIGINT");
  first.child.kill("SIGCONT");
  const { code, stdout } = await first.ended;
  expect(code).toBe(130);
  const told = JSON.parse(stdout) as { keyPool: { added: number }[]; exitCode: number };
  expect(told.exitCode).toBe(130);
  expect(told.keyPool[0]?.added).toBeGreaterThan(0);
  expect(await available()).toBe(told.keyPool[0]?.added);
  expect((await keysInPool()).length).toBe(told.keyPool[0]?.added);
});

const FILLING: readonly Step[] = ["pool-made", "pool-segment-written", "pool-segment-placed", "pool-filled"];

test.each(FILLING)(
  "killed at %s, filling leaves no key in the clear, and the next one fills the rest",
  async (step) => {
    ask(4);
    expect((await fill({ at: { step, signal: "SIGKILL" }, cores: 2 })).signal).toBe("SIGKILL");
    const first = existsSync(join(home, "state", "key-pool", "rsa-2048")) ? await keysInPool() : [];
    expect(leaks(first)).toEqual([]);
    expect((await fill()).code).toBe(0);
    expect(await available()).toBe(4);
    const pairs = await keysInPool();
    expect(pairs.length).toBe(4);
    expect((await runLot("l1", 4)).code).toBe(0);
    expect(devicesKeys(home).toSorted()).toEqual(pairs.map(({ spki }) => spki.toString("hex")).toSorted());
    expect(leaks([...first, ...pairs])).toEqual([]);
  },
);

const MINTING: readonly Step[] = ["reserved", "written", "minted", "batch-placed", "pool-wiped", "pool-segment-gone"];

test.each(MINTING)("killed at %s, a run burns the keys that it had, and hands none of them out again", async (step) => {
  ask(2);
  await fill();
  const pairs = await keysInPool();
  const pooled = pairs.map(({ spki }) => spki.toString("hex"));
  expect((await runLot("l1", 2, { at: { step, signal: "SIGKILL" } })).signal).toBe("SIGKILL");
  expect(leaks(pairs)).toEqual([]);
  const decided = !(["reserved", "written"] as readonly Step[]).includes(step);
  expect(await available()).toBe(0);
  await fill();
  expect((await runLot("l1", 2)).code).toBe(0);
  const keys = devicesKeys(home);
  expect(new Set(keys).size).toBe(2);
  expect(keys.filter((key) => pooled.includes(key)).length).toBe(decided ? 2 : 0);
  // The next filling clears away what the killed run had in hand.
  await fill();
  const left = (await keysInPool()).map(({ spki }) => spki.toString("hex"));
  expect(left.filter((key) => pooled.includes(key) || keys.includes(key))).toEqual([]);
  expect(left.length).toBe(await available());
  expect(leaks(pairs)).toEqual([]);
});

test("two lots that are run at once draw from one pool and share no key", async () => {
  ask(8);
  await fill();
  const pooled = (await keysInPool()).map(({ spki }) => spki.toString("hex"));
  const outcomes = await Promise.all([runLot("l1", 4), runLot("l2", 4)]);
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
  expect(devicesKeys(home).toSorted()).toEqual(pooled.toSorted());
  expect(await available()).toBe(0);
});

test("a copy of the home hands out none of the keys that the home has, and fills a pool of its own", async () => {
  await fill();
  const clone = `${home}-clone`;
  onTestFinished(() => rmSync(clone, { recursive: true, force: true }));
  cpSync(home, clone, { recursive: true, preserveTimestamps: true });
  const copied = await runLot("c1", 2, { home: clone });
  expect(copied.code).toBe(0);
  expect(copied.stderr).toContain("it is a copy");
  expect(await available(clone)).toBe(0);
  expect((await fill({ home: clone })).stderr).toContain("begun anew");
  expect((await runLot("c2", 2, { home: clone })).code).toBe(0);
  expect((await runLot("l1", 6)).code).toBe(0);
  const keys = devicesKeys(home, clone);
  expect(keys.length).toBe(10);
  expect(new Set(keys).size).toBe(10);
});

test("a backup holds no keys, and a restored home begins with an empty pool, whatever is put back beside it", async () => {
  await fill();
  const pool = join(home, "state", "key-pool");
  expect((await run(["backup", join(home, "b.tar")])).code).toBe(0);
  const restored = `${home}-restored`;
  onTestFinished(() => rmSync(restored, { recursive: true, force: true }));
  mkdirSync(restored);
  expect(await run(["restore", join(home, "b.tar")], { home: restored })).toMatchObject({ code: 0 });
  expect(existsSync(join(restored, "state", "key-pool"))).toBe(false);
  cpSync(join(home, "lotmint.yaml"), join(restored, "lotmint.yaml"));
  cpSync(pool, join(restored, "state", "key-pool"), { recursive: true });
  expect(await available(restored)).toBe(0);
  const first = await runLot("l1", 2, { home: restored });
  expect(first.code).toBe(0);
  expect(first.stderr).toContain("from before this home was restored");
  expect((await fill({ home: restored })).code).toBe(0);
  expect((await runLot("l2", 2, { home: restored })).code).toBe(0);
  expect((await runLot("l3", 6)).code).toBe(0);
  expect(new Set(devicesKeys(home, restored)).size).toBe(10);
});

test("a watcher fills the pool while it has nothing to do", async () => {
  ask(2);
  const watch = startLotmint(["--home", home, "watch"], { env: ENV });
  try {
    await expect.poll(() => available(), { timeout: 120_000, interval: 200 }).toBe(2);
  } finally {
    watch.child.kill("SIGTERM");
  }
  expect((await watch.ended).code).toBe(0);
  expect((await run(["watch", "--once"])).code).toBe(0);
});
