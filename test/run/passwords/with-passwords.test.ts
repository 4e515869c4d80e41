import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Job } from "../../../src/domain/job.ts";
import { openPasswords } from "../../../src/run/passwords/with-passwords.ts";
import { makeOfficer } from "../../fixtures/make-officer.ts";
import { DAY_MS } from "../../sandbox/make-ca.ts";
import { type PasswordWorld, passwordWorld } from "../password-world.ts";

let world: PasswordWorld;
let root: string;
let lot: PasswordWorld["lot"];
beforeEach(async () => {
  world = await passwordWorld(["a", "b", "c"]);
  root = world.home.root;
  lot = world.lot;
  rmSync(lot.secretsWork, { recursive: true });
});

/** A run that mints, or has nothing to mint, with the officer's certificate as it is. */
function open(minting: boolean, job: Partial<Job> = {}) {
  const whole = { passwords: "per-device", secrets: { sealTo: join(root, "officer.pem") }, ...job } as Job;
  return openPasswords({ ledger: world.ledger, now: Date.now }, world.lease, whole, lot, minting);
}

test("passwords are listed, or sealed if the job says so", async () => {
  await world.mint(["a"], ["a,P1"]);
  const list = await open(true, { secrets: {} });
  expect(await list()).toBe(1);
  expect(readdirSync(lot.secrets)).toEqual(["passwords.csv"]);
  writeFileSync(join(root, "officer.pem"), makeOfficer().pem);
  const seal = await open(true);
  expect(await seal()).toBe(1);
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
});

test("a run that has nothing to mint and nothing to seal misses passwords all the same", async () => {
  await world.mint(["a", "b"]);
  const close = await open(false);
  await expect(close()).rejects.toMatchObject({ code: "state-damaged", message: expect.stringContaining("(a, b)") });
});

test("a certificate that cannot be sealed to stops a run that mints or has passwords to seal, and no other", async () => {
  writeFileSync(join(root, "officer.pem"), makeOfficer({ notAfterMs: Date.now() - DAY_MS / 2 }).pem);
  await expect(open(true)).rejects.toMatchObject({ code: "usage" });
  const nothing = await open(false);
  expect(await nothing()).toBeUndefined();
  await world.mint(["c"], ["c,P1"]);
  await expect(open(false)).rejects.toMatchObject({ code: "usage" });
  await open(true, { passwords: "per-lot" });
});
