import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { homeLayout, lotLayout } from "../../src/disk/layout.ts";
import type { Job } from "../../src/domain/job.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openPasswords } from "../../src/run/open-passwords.ts";
import { makeOfficer } from "../fixtures/make-officer.ts";
import { DAY_MS } from "../sandbox/make-ca.ts";

const HOLD = { lot: "L1", run: 1, fence: 1 };
let root: string;
let lot: ReturnType<typeof lotLayout>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-passwords-"));
  lot = lotLayout(homeLayout(root), "L1");
  mkdirSync(lot.secrets, { recursive: true, mode: 0o700 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A run that mints, or has nothing to mint, with the officer's certificate as it is. */
function open(minting: boolean, job: Partial<Job> = {}) {
  const ledger = { mintedBatches: async () => new Set([1]), beat: async () => undefined } as unknown as Ledger;
  const whole = { passwords: "per-device", secrets: { sealTo: join(root, "officer.pem") }, ...job } as Job;
  return openPasswords({ ledger, now: Date.now }, HOLD, whole, lot, minting);
}

const segment = () => writeFileSync(join(lot.secrets, "segment-000001.csv"), "a,P1\n", { mode: 0o600 });

test("passwords are listed, or sealed if the job says so", async () => {
  segment();
  expect(await open(true, { secrets: {} })()).toBe(1);
  expect(readdirSync(lot.secrets)).toEqual(["passwords.csv"]);
  writeFileSync(join(root, "officer.pem"), makeOfficer().pem);
  expect(await open(true)()).toBe(1);
  expect(readdirSync(lot.secrets)).toEqual(["passwords-0001.csv.cms"]);
});

test("a certificate that cannot be sealed to stops a run that mints or has passwords to seal, and no other", async () => {
  writeFileSync(join(root, "officer.pem"), makeOfficer({ notAfterMs: Date.now() - DAY_MS / 2 }).pem);
  expect(() => open(true)).toThrow(expect.objectContaining({ code: "usage" }));
  expect(await open(false)()).toBeUndefined();
  segment();
  expect(() => open(false)).toThrow(expect.objectContaining({ code: "usage" }));
  expect(() => open(true, { passwords: "per-lot" })).not.toThrow();
});
