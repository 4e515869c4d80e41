import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makePool, openPool, poolPassphraseProblem, poolState } from "../../../src/keystore/pool/open-pool.ts";
import { poolPlace } from "./pool-world.ts";

const IDENTITY = { ledger: "1".repeat(32), generation: "1-a", earlier: [] };
const PASSPHRASE = "twelve letters";

test("a pool opens by its passphrase, as the same pool, and tells nothing of it", async () => {
  const folder = poolPlace();
  expect(poolState(folder, IDENTITY)).toEqual({ kind: "none" });
  const made = await makePool(folder, IDENTITY, PASSPHRASE);
  expect(poolState(folder, IDENTITY)).toEqual({ kind: "ours", id: made.id });
  const opened = await openPool(folder, PASSPHRASE);
  expect({ ...opened, key: opened.key.export() }).toEqual({ ...made, key: made.key.export() });
  const header = join(folder, "pool.json");
  expect([statSync(folder).mode & 0o777, statSync(header).mode & 0o777]).toEqual([0o700, 0o600]);
  const key = made.key.export().toString("hex");
  expect(readFileSync(header, "utf8")).not.toMatch(new RegExp(`${PASSPHRASE}|${key}`));
});

test("a wrong passphrase is the error that an authority's is", async () => {
  const folder = poolPlace();
  await makePool(folder, IDENTITY, PASSPHRASE);
  await expect(openPool(folder, "twelve lettres")).rejects.toMatchObject({
    code: "issuer-unusable",
    message: expect.stringContaining("LOTMINT_POOL_PASSPHRASE"),
  });
});

test("a pool of another ledger, of another generation or in a copied folder is not ours; one that was moved is", async () => {
  const folder = poolPlace();
  const { id } = await makePool(folder, IDENTITY, PASSPHRASE);
  expect(poolState(folder, { ...IDENTITY, ledger: "2".repeat(32) }).kind).toBe("foreign");
  expect(poolState(folder, { ...IDENTITY, generation: "2-b", earlier: ["1-a"] })).toMatchObject({
    kind: "foreign",
    reason: expect.stringContaining("restored"),
  });
  const copy = `${folder}-copy`;
  cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
  expect(poolState(copy, IDENTITY)).toMatchObject({ kind: "foreign", reason: expect.stringContaining("copy") });
  renameSync(folder, `${folder}-moved`);
  expect(poolState(`${folder}-moved`, IDENTITY)).toEqual({ kind: "ours", id });
});

test("a header that was changed to fit opens by no passphrase, and one that cannot be read is not ours", async () => {
  const folder = poolPlace();
  await makePool(folder, IDENTITY, PASSPHRASE);
  const header = join(folder, "pool.json");
  const text = readFileSync(header, "utf8");
  writeFileSync(header, text.replace('"1-a"', '"2-b"'));
  expect(poolState(folder, { ...IDENTITY, generation: "2-b" }).kind).toBe("ours");
  await expect(openPool(folder, PASSPHRASE)).rejects.toMatchObject({ code: "issuer-unusable" });
  writeFileSync(header, text.slice(0, -20));
  expect(poolState(folder, IDENTITY)).toMatchObject({
    kind: "foreign",
    reason: expect.stringContaining("cannot be read"),
  });
});

test("a new pool destroys what lies in its place, and is refused a short passphrase before that", async () => {
  const folder = poolPlace();
  mkdirSync(join(folder, "rsa-2048"), { recursive: true });
  const stray = join(folder, "rsa-2048", "stray");
  writeFileSync(stray, "sealed");
  expect(poolPassphraseProblem("twelve lette")).toBeUndefined();
  await expect(makePool(folder, IDENTITY, "eleven lett")).rejects.toMatchObject({ code: "usage" });
  expect(existsSync(stray)).toBe(true);
  await makePool(folder, IDENTITY, PASSPHRASE);
  expect(existsSync(stray)).toBe(false);
});
