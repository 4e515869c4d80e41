import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Job } from "../../../src/domain/job.ts";
import { startWalk, type Walk } from "../../../src/run/lot/walk.ts";
import { type PasswordsAsked, withPasswords } from "../../../src/run/passwords/with-passwords.ts";
import { makeOfficer } from "../../fixtures/make-officer.ts";
import { DAY_MS } from "../../sandbox/make-ca.ts";
import { type PasswordWorld, passwordWorld } from "../password-world.ts";

let world: PasswordWorld;
let root: string;
let lot: PasswordWorld["lot"];
let walk: Walk;
beforeEach(async () => {
  world = await passwordWorld(["a", "b", "c"]);
  root = world.home.root;
  lot = world.lot;
  walk = startWalk(Date.now);
  rmSync(lot.secretsWork, { recursive: true });
});

/** Work on the lot by a job that seals to the officer's certificate as it is, unless `job` says otherwise. */
function during<T>(asked: PasswordsAsked, act: () => Promise<T>, job: Partial<Job> = {}): Promise<T> {
  const whole = { passwords: "per-device", secrets: { sealTo: join(root, "officer.pem") }, ...job } as Job;
  const tools = { ledger: world.ledger, now: Date.now };
  return withPasswords(tools, { lease: world.lease, job: whole, layout: lot, walk }, asked, act);
}

async function nothing(): Promise<void> {}

test("passwords are listed after the work, or sealed if the job says so, and what the work returns is handed on", async () => {
  const worked = await during(
    { minting: true },
    async () => {
      await world.mint(["a"], ["a,P1"]);
      expect(readdirSync(lot.secrets)).not.toContain("passwords.csv");
      return "worked";
    },
    { secrets: {} },
  );
  expect(worked).toBe("worked");
  expect(readdirSync(lot.secrets)).toEqual(["passwords.csv"]);
  writeFileSync(join(root, "officer.pem"), makeOfficer().pem);
  await during({ minting: true }, nothing);
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
  expect(walk.stages).toHaveProperty("passwords");
});

test("work that fails has its passwords sealed all the same, and its own error is thrown", async () => {
  writeFileSync(join(root, "officer.pem"), makeOfficer().pem);
  const own = new Error("the disk is full");
  const work = async () => {
    await world.mint(["a"], ["a,P1"]);
    throw own;
  };
  await expect(during({ minting: true }, work)).rejects.toBe(own);
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
});

test("work that fails is told of by its own error although its passwords cannot be closed either", async () => {
  writeFileSync(join(root, "officer.pem"), makeOfficer().pem);
  const own = new Error("the disk is full");
  const told: unknown[] = [];
  const work = async () => {
    await world.mint(["a"]);
    throw own;
  };
  const asked = { minting: true, onUnclosed: (error: unknown) => told.push(error) };
  await expect(during(asked, work)).rejects.toBe(own);
  expect(told).toEqual([]);
});

test("passwords that cannot be closed after work that succeeded are an error, or told where that is asked for", async () => {
  await world.mint(["a", "b"]);
  await expect(during({ minting: false }, nothing)).rejects.toMatchObject({
    code: "state-damaged",
    message: expect.stringContaining("(a, b)"),
  });
  const told: unknown[] = [];
  const asked = { minting: false, onUnclosed: (error: unknown) => told.push(error) };
  expect(await during(asked, async () => "worked")).toBe("worked");
  expect(told).toMatchObject([{ code: "state-damaged" }]);
});

test("a certificate that cannot be sealed to stops work that mints or has passwords to seal, and no other", async () => {
  writeFileSync(join(root, "officer.pem"), makeOfficer({ notAfterMs: Date.now() - DAY_MS / 2 }).pem);
  let begun = 0;
  const work = async () => {
    begun += 1;
  };
  await expect(during({ minting: true }, work)).rejects.toMatchObject({ code: "usage" });
  expect(begun).toBe(0);
  await during({ minting: false }, work);
  expect(begun).toBe(1);
  await world.mint(["c"], ["c,P1"]);
  await expect(during({ minting: false }, work)).rejects.toMatchObject({ code: "usage" });
  expect(begun).toBe(1);
  await during({ minting: true }, work, { passwords: "per-lot" });
  expect(begun).toBe(2);
});
