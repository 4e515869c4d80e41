import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { migrateSchema, requireLedger, type SchemaDatabase } from "../../../src/ledger/sqlite/migrate-schema.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import * as world from "../ledger-world.ts";

const now = () => Date.UTC(2026, 10, 23);
const FIRST = "CREATE TABLE first (a INTEGER);";
const SECOND = "CREATE TABLE second (b INTEGER); INSERT INTO first VALUES (2);";

function memory(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  onTestFinished(() => database.close());
  return database;
}

function version(database: DatabaseSync): unknown {
  return database.prepare("PRAGMA user_version").get()?.["user_version"];
}

test("a ledger of a newer lotmint is refused and left as it is", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  await (await openLedger(path, { now })).close();
  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  const before = readFileSync(path);
  await expect(openLedger(path, { now })).rejects.toMatchObject({
    code: "state-damaged",
    message: expect.stringMatching(/made by a newer lotmint.*version 99/),
  });
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("migrations are applied once each, in order", () => {
  const database = memory();
  migrateSchema(database, [FIRST]);
  expect(version(database)).toBe(1);
  migrateSchema(database, [FIRST, SECOND]);
  migrateSchema(database, [FIRST, SECOND]);
  expect(version(database)).toBe(2);
  expect(database.prepare("SELECT a FROM first").all()).toEqual([{ a: 2 }]);
  expect(() => requireLedger(database, "ledger.sqlite", [FIRST, SECOND])).not.toThrow();
  expect(() => requireLedger(database, "ledger.sqlite", [FIRST])).toThrow("newer lotmint");
});

test("a migration that breaks leaves the ledger at the version before", () => {
  const database = memory();
  const broken = "CREATE TABLE second (b INTEGER); INSERT INTO nowhere VALUES (1);";
  expect(() => migrateSchema(database, [FIRST, broken])).toThrow("nowhere");
  expect(version(database)).toBe(1);
  migrateSchema(database, [FIRST, SECOND]);
  expect(version(database)).toBe(2);
});

test("a migration that another run did between the question and the lock is not done again", () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const [ours, theirs] = [new DatabaseSync(path), new DatabaseSync(path)];
  onTestFinished(() => {
    ours.close();
    theirs.close();
  });
  let begun = false;
  const late: SchemaDatabase = {
    get isTransaction() {
      return ours.isTransaction;
    },
    prepare: (sql) => ours.prepare(sql),
    // Their migration comes right before ours would begin.
    exec: (sql) => {
      if (!begun) migrateSchema(theirs, [FIRST, SECOND]);
      begun = true;
      ours.exec(sql);
    },
  };
  migrateSchema(late, [FIRST, SECOND]);
  expect(ours.prepare("SELECT a FROM first").all()).toEqual([{ a: 2 }]);
});

test("runs that start together on an empty home make one ledger", async () => {
  const path = join(world.temporaryFolder(), "state", "ledger.sqlite");
  const source = new URL("../../../src/ledger/sqlite/open-ledger.ts", import.meta.url).href;
  const script = `
    import { openLedger } from ${JSON.stringify(source)};
    const ledger = await openLedger(${JSON.stringify(path)}, { now: () => 0 });
    await ledger.recordEvent({ kind: "note", subject: "x", detail: {} });
    await ledger.close();`;
  const children = Array.from({ length: 3 }, () =>
    spawn(execPath, ["--input-type=module", "-e", script], { stdio: "inherit" }),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0]);
  const ledger = await openLedger(path, { now });
  onTestFinished(() => ledger.close());
  await expect(ledger.verifyEvents()).resolves.toMatchObject({ events: 3 });
});
