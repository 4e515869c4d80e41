import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { homeLayout, lotLayout, sealedPasswords } from "../../../src/disk/layout.ts";
import type { Job } from "../../../src/domain/job.ts";
import { type LotPasswords, loadPasswords } from "../../../src/run/passwords/load-passwords.ts";
import { makeOfficer } from "../../fixtures/make-officer.ts";
import { sealContent } from "../../fixtures/seal-content.ts";

const [officer, successor] = [makeOfficer(), makeOfficer()];
let root: string;
let layout: ReturnType<typeof lotLayout>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-load-"));
  layout = lotLayout(homeLayout(root), "L1");
  mkdirSync(layout.secrets, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Batches 9 and 10 are minted; whatever else stands there is not of this ledger. */
const ledger = () => ({
  passwordBatches: async () =>
    [9, 10].map((number) => ({
      number,
      state: "placed" as const,
      segment: `segment-0000${String(number).padStart(2, "0")}.csv`,
      listed: "no" as const,
    })),
});

const JOB = { passwords: "per-device", secrets: {} } as Job;

function passwordsOf(loaded: LotPasswords | undefined) {
  return Object.fromEntries(Array.from(loaded?.ids() ?? [], (id) => [id, loaded?.get(id)]));
}

function seal(number: number, to: typeof officer, ...lines: readonly string[]): void {
  const content = Buffer.from(`id,password\n${lines.map((line) => `${line}\n`).join("")}`);
  writeFileSync(sealedPasswords(layout, number), sealContent(content, to.recipient));
}

test("of an id in several files the newest password counts: sealed in their order, then listed, then segments", async () => {
  seal(10, officer, "a,S10", "b,S10");
  seal(9, officer, "a,S9", "b,S9", "c,S9", "d,S9");
  writeFileSync(layout.passwords, "id,password\nc,LISTED\nd,LISTED\n");
  writeFileSync(join(layout.secrets, "segment-000010.csv"), "d,SEGMENT10\n");
  writeFileSync(join(layout.secrets, "segment-000009.csv"), "d,SEGMENT9\n");
  writeFileSync(join(layout.secrets, "segment-000011-0123abcd-5eed.csv"), "d,FOREIGN\ne,FOREIGN\n");
  const loaded = await loadPasswords({ ledger: ledger(), lot: "L1", job: JOB, layout, secretsKey: officer.key });
  expect(passwordsOf(loaded)).toEqual({ a: "S10", b: "S10", c: "LISTED", d: "SEGMENT10" });
  expect([loaded?.closed, loaded?.damaged, loaded?.problems]).toEqual([[], [], []]);
});

test("files that are sealed to another key stay closed, and are told", async () => {
  seal(1, officer, "a,P1");
  seal(2, successor, "b,P2");
  const loaded = await loadPasswords({ ledger: ledger(), lot: "L1", job: JOB, layout, secretsKey: successor.key });
  expect(passwordsOf(loaded)).toEqual({ b: "P2" });
  expect(loaded?.closed).toEqual(["passwords-0001.csv.cms"]);
  expect((await loadPasswords({ ledger: ledger(), lot: "L1", job: JOB, layout }))?.closed).toHaveLength(2);
});

test("are read again only when a file has changed: another list in its place, or a segment that came or went", async () => {
  const load = (before?: LotPasswords) => loadPasswords({ ledger: ledger(), lot: "L1", job: JOB, layout }, before);
  writeFileSync(layout.passwords, "id,password\na,A1\n");
  const first = await load();
  expect(await load(first)).toBe(first);
  rmSync(layout.passwords);
  writeFileSync(layout.passwords, "id,password\na,A2\n");
  const second = await load(first);
  expect(passwordsOf(second)).toEqual({ a: "A2" });
  writeFileSync(join(layout.secrets, "segment-000009.csv"), "a,A3\n");
  const third = await load(second);
  expect(passwordsOf(third)).toEqual({ a: "A3" });
  rmSync(join(layout.secrets, "segment-000009.csv"));
  expect(passwordsOf(await load(third))).toEqual({ a: "A2" });
});

test("a lot with one password has no list", async () => {
  expect(
    await loadPasswords({ ledger: ledger(), lot: "L1", job: { ...JOB, passwords: "per-lot" }, layout }),
  ).toBeUndefined();
});
