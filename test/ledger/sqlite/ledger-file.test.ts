import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { umask } from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { openLedgerFile } from "../../../src/ledger/sqlite/ledger-file.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import * as world from "../ledger-world.ts";

const now = () => Date.UTC(2026, 10, 23);
const mode = (path: string) => statSync(path).mode & 0o777;

test("the ledger, its log and its folder are its owner's alone, also under an open umask", async () => {
  const before = umask(0);
  onTestFinished(() => {
    umask(before);
  });
  const folder = join(world.temporaryFolder(), "state");
  const path = join(folder, "ledger.sqlite");
  const ledger = await openLedger(path, { now });
  onTestFinished(() => ledger.close());
  await world.plannedLot(ledger, "L1", ["a"]);
  expect([path, `${path}-wal`, `${path}-shm`].map(mode)).toEqual([0o600, 0o600, 0o600]);
  expect(mode(folder)).toBe(0o700);
});

test("a ledger that others could read is closed to them", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  writeFileSync(path, "");
  chmodSync(path, 0o644);
  const ledger = await openLedger(path, { now });
  onTestFinished(() => ledger.close());
  expect(mode(path)).toBe(0o600);
});

test("the ledger has a write-ahead log, which is synced in each commit", () => {
  const { writer, reader } = openLedgerFile(join(world.temporaryFolder(), "ledger.sqlite"));
  onTestFinished(() => {
    reader.close();
    writer.close();
  });
  expect(writer.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  expect(writer.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  expect(() => reader.exec("DELETE FROM lots")).toThrow("readonly");
});

test("a ledger that cannot be opened is a disk's error", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  mkdirSync(path);
  await expect(openLedger(path, { now })).rejects.toMatchObject({ code: "disk-unwritable" });
});
