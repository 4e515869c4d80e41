import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { homeLayout, ownerMark } from "../../../src/disk/layout.ts";
import { stagingName } from "../../../src/disk/staging.ts";
import type { LedgerFile } from "../../../src/ledger/ledger.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import { markOwn, ownershipOf, removeLeftMarks, requireOwn, takeOver } from "../../../src/run/lot/owner-mark.ts";
import { temporaryFolder, withLotLease } from "../../ledger/ledger-world.ts";

const home = homeLayout("/srv/line-1");

async function open(path: string): Promise<LedgerFile> {
  const ledger = await openLedger(path, { now: Date.now });
  onTestFinished(() => ledger.close());
  return ledger;
}

test("a folder is its first owner's: another ledger, and another lot of the same one, are refused with whose it is", async () => {
  const folder = temporaryFolder();
  const [first, second] = [await open(join(folder, "a.sqlite")), await open(join(folder, "b.sqlite"))];
  await withLotLease(first, "L1");
  expect(await ownershipOf(first, "L1", folder)).toEqual({ kind: "unmarked" });
  await markOwn(first, home, "L1", folder);
  const before = readFileSync(ownerMark(folder), "utf8");
  expect(await ownershipOf(first, "L1", folder)).toEqual({ kind: "ours" });
  await expect(markOwn(second, homeLayout("/srv/line-2"), "L1", folder)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(/is another home's: it belongs to lot "L1" of the home \/srv\/line-1 on /),
  });
  await expect(markOwn(first, home, "l1", folder)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("another lot's"),
  });
  expect(readFileSync(ownerMark(folder), "utf8")).toBe(before);
});

test("of two owners that come at once one has the mark, and the other is refused", async () => {
  const folder = temporaryFolder();
  const ledgers = [await open(join(folder, "a", "ledger.sqlite")), await open(join(folder, "b", "ledger.sqlite"))];
  for (const ledger of ledgers) await withLotLease(ledger, "L1");
  const outcomes = await Promise.allSettled(ledgers.map((ledger) => markOwn(ledger, home, "L1", folder)));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const kinds = await Promise.all(ledgers.map(async (ledger) => (await ownershipOf(ledger, "L1", folder)).kind));
  expect(kinds.map((kind) => kind === "ours")).toEqual(outcomes.map(({ status }) => status === "fulfilled"));
});

test("a copy of the ledger that went another way since is not the owner", async () => {
  const folder = temporaryFolder();
  const ledger = await open(join(folder, "a.sqlite"));
  await withLotLease(ledger, "L1");
  await ledger.copyTo(join(folder, "copy.sqlite"));
  const copy = await open(join(folder, "copy.sqlite"));
  await markOwn(ledger, home, "L1", folder);
  expect((await ownershipOf(copy, "L1", folder)).kind).toBe("ours");
  await ledger.recordEvent({ kind: "walked", subject: "L1", detail: {} });
  await markOwn(ledger, home, "L1", folder);
  expect((await ownershipOf(ledger, "L1", folder)).kind).toBe("ours");
  await expect(requireOwn(copy, "L1", folder)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("another copy of this home"),
  });
});

test("the generation after a restore has to take a folder over, and locks the one before out", async () => {
  const folder = temporaryFolder();
  const ledger = await open(join(folder, "a.sqlite"));
  await withLotLease(ledger, "L1");
  await markOwn(ledger, home, "L1", folder);
  await ledger.copyTo(join(folder, "backup.sqlite"));
  const restored = await open(join(folder, "backup.sqlite"));
  expect(await takeOver(restored, home, "L1", folder)).toBe(false);
  await restored.openGeneration();
  await expect(markOwn(restored, home, "L1", folder)).rejects.toMatchObject({ code: "usage" });
  expect(await takeOver(restored, home, "L1", folder)).toBe(true);
  await markOwn(restored, home, "L1", folder);
  await expect(requireOwn(ledger, "L1", folder)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("a restored copy of this home"),
  });
  // A second restore of the same backup is another generation.
  await ledger.copyTo(join(folder, "again.sqlite"));
  const again = await open(join(folder, "again.sqlite"));
  await again.openGeneration();
  await expect(requireOwn(again, "L1", folder)).rejects.toMatchObject({ code: "usage" });
  expect(await takeOver(again, home, "L1", folder)).toBe(false);
});

test("what a kill or a power cut left beside the mark goes as soon as the owner comes again; another home's stays", async () => {
  const folder = temporaryFolder();
  const [ledger, other] = [
    await open(join(folder, "a", "ledger.sqlite")),
    await open(join(folder, "b", "ledger.sqlite")),
  ];
  for (const each of [ledger, other]) await withLotLease(each, "L1");
  const lot = join(folder, "lot");
  mkdirSync(lot);
  const left = () => join(lot, stagingName(".lotmint-owner.json"));
  // Killed before the first mark was in place: whole, or not yet written. Nobody's folder is not cleared.
  await markOwn(ledger, home, "L1", lot);
  const whole = readFileSync(ownerMark(lot));
  const strange = left();
  const elsewhere = join(folder, "elsewhere");
  mkdirSync(elsewhere);
  await markOwn(other, homeLayout("/srv/line-2"), "L1", elsewhere);
  copyFileSync(ownerMark(elsewhere), strange);
  const leave = () => {
    writeFileSync(left(), whole);
    writeFileSync(left(), "");
    linkSync(ownerMark(lot), left());
  };
  leave();
  await removeLeftMarks(other, homeLayout("/srv/line-2"), "L1", lot);
  expect(readdirSync(lot)).toHaveLength(5);
  await removeLeftMarks(ledger, home, "L1", lot);
  expect(readdirSync(lot).sort()).toEqual([basename(strange), ".lotmint-owner.json"].sort());
  leave();
  await markOwn(ledger, home, "L1", lot);
  expect(readdirSync(lot).sort()).toEqual([basename(strange), ".lotmint-owner.json"].sort());
});

test("a mark that cannot be read makes the folder nobody's, and is as open as its folder", async () => {
  const folder = join(temporaryFolder(), "private");
  mkdirSync(folder, { mode: 0o700 });
  const ledger = await open(join(folder, "..", "a.sqlite"));
  await withLotLease(ledger, "L1");
  await markOwn(ledger, home, "L1", folder);
  expect(statSync(ownerMark(folder)).mode & 0o777).toBe(0o600);
  for (const content of ["", "null", '{"version":1}', "{"]) {
    writeFileSync(ownerMark(folder), content);
    await expect(markOwn(ledger, home, "L1", folder)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("cannot be read"),
    });
    expect(readFileSync(ownerMark(folder), "utf8")).toBe(content);
  }
});
