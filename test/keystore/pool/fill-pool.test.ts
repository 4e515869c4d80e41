import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type FillOptions, fillPool } from "../../../src/keystore/pool/fill-pool.ts";
import { makePool } from "../../../src/keystore/pool/open-pool.ts";
import { drawKeys } from "../../../src/keystore/pool/segment-file.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import { poolPlace } from "./pool-world.ts";

async function makeHomePool() {
  const folder = poolPlace();
  mkdirSync(folder);
  const ledger = await openLedger(join(folder, "..", "ledger.sqlite"), { now: Date.now });
  onTestFinished(() => ledger.close());
  const pool = await makePool(folder, await ledger.identity(), "a passphrase for tests");
  const fill = (wanted: FillOptions["wanted"], more: Partial<FillOptions> = {}) =>
    fillPool({
      pool,
      wanted,
      useLedger: (act) => act(ledger),
      threads: 2,
      signal: new AbortController().signal,
      ...more,
    });
  const files = () => readdirSync(join(folder, "rsa-2048"));
  return { ledger, pool, fill, files };
}

test("the pool is filled up to what is wanted, each key once and openable, and a full one is left alone", async () => {
  const { ledger, pool, fill, files } = await makeHomePool();
  const told: number[] = [];
  const onProgress: FillOptions["onProgress"] = (_algorithm, made) => told.push(made);
  expect(await fill({ "rsa-2048": 3 }, { onProgress })).toEqual([
    { algorithm: "rsa-2048", wanted: 3, available: 3, added: 3 },
  ]);
  expect(told.at(-1)).toBe(3);
  const before = files();
  expect(await fill({ "rsa-2048": 3 })).toMatchObject([{ available: 3, added: 0 }]);
  expect(files()).toEqual(before);
  for (const name of before) expect(statSync(join(pool.folder, "rsa-2048", name)).mode & 0o777).toBe(0o600);
  expect(await fill({ "rsa-2048": 4 })).toMatchObject([{ available: 4, added: 1 }]);
  const segments = await ledger.poolSegments();
  const takes = segments.map(({ segment, algorithm, keys }) => ({ segment, algorithm, first: 0, keys }));
  const pairs = drawKeys(pool, takes);
  expect(new Set(pairs.map(({ spki }) => spki.toString("hex"))).size).toBe(4);
});

test("files that the ledger does not know are destroyed, and keys of files that are gone are made anew", async () => {
  const { ledger, pool, fill, files } = await makeHomePool();
  await fill({ "rsa-2048": 2 });
  const [lost = ""] = files();
  rmSync(join(pool.folder, "rsa-2048", lost));
  for (const stray of ["f".repeat(32), `${"e".repeat(32)}.new`]) {
    writeFileSync(join(pool.folder, "rsa-2048", stray), "sealed");
  }
  await ledger.addPoolSegment({ pool: "another", algorithm: "rsa-2048", segment: "d".repeat(32), keys: 9 });
  expect(await fill({ "rsa-2048": 2 })).toMatchObject([{ available: 2, added: 1 }]);
  const known = (await ledger.poolSegments()).map(({ segment }) => segment);
  expect(files().toSorted()).toEqual(known.toSorted());
  expect(known).not.toContain(lost);
});

test("a signal ends it after the keys in hand, which are kept", async () => {
  const { ledger, fill, files } = await makeHomePool();
  const stop = new AbortController();
  const [filled] = await fill(
    { "rsa-2048": 100_000 },
    { signal: stop.signal, onProgress: (_algorithm, made) => made > 0 && stop.abort() },
  );
  expect(filled?.added).toBeGreaterThan(0);
  expect(filled?.added).toBeLessThan(1000);
  expect(filled?.available).toBe(filled?.added);
  expect((await ledger.poolSegments()).length).toBe(files().length);
  const stopped = new AbortController();
  stopped.abort();
  expect(await fill({ "rsa-3072": 1 }, { signal: stopped.signal })).toMatchObject([{ added: 0, available: 0 }]);
});

test("a file that cannot be placed leaves nothing of it, and is the disk's error", async () => {
  const { ledger, pool, fill } = await makeHomePool();
  writeFileSync(join(pool.folder, "rsa-4096"), "in the way");
  await expect(fill({ "rsa-4096": 1 })).rejects.toMatchObject({ code: expect.any(String) });
  expect(await ledger.poolSegments()).toEqual([]);
  expect(existsSync(join(pool.folder, "rsa-4096"))).toBe(true);
});
