import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { ledgerError, sqliteCode } from "../../../src/ledger/sqlite/ledger-error.ts";
import * as world from "../ledger-world.ts";

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

function database(options: { readonly readOnly?: boolean } = {}): DatabaseSync {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  new DatabaseSync(path).close();
  const opened = new DatabaseSync(path, options);
  onTestFinished(() => opened.close());
  return opened;
}

test("a full disk is told as such, with the file and SQLite's own words", () => {
  const full = database();
  full.exec("CREATE TABLE t (a); PRAGMA max_page_count = 4");
  const cause = errorOf(() => full.exec("INSERT INTO t VALUES (zeroblob(100000))"));
  expect(ledgerError(cause, "state/ledger.sqlite")).toMatchObject({
    code: "disk-unwritable",
    message: expect.stringMatching(/state\/ledger\.sqlite.*disk is full/),
    cause,
  });
});

test("a read-only file and one that cannot be opened are the disk's errors", () => {
  const cause = errorOf(() => database({ readOnly: true }).exec("CREATE TABLE t (a)"));
  expect(ledgerError(cause, "x")).toMatchObject({ code: "disk-unwritable" });
  const closed = errorOf(() => new DatabaseSync(join(world.temporaryFolder(), "no", "ledger.sqlite")));
  expect(ledgerError(closed, "x")).toMatchObject({ code: "disk-unwritable" });
});

test("a broken constraint is damage, a wrong statement is a defect", () => {
  const one = database();
  one.exec("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)");
  const twice = errorOf(() => one.exec("INSERT INTO t VALUES (1)"));
  expect(ledgerError(twice, "x")).toMatchObject({ code: "state-damaged" });
  const wrong = errorOf(() => one.exec("SELEKT 1"));
  expect(ledgerError(wrong, "x")).toBe(wrong);
});

test("an error of another origin is handed on as it is", () => {
  const error = Object.assign(new Error("elsewhere"), { errcode: 13 });
  expect(sqliteCode(error)).toBeUndefined();
  expect(ledgerError(error, "x")).toBe(error);
});

test("an index of the log that cannot grow is a full disk, any other input/output error is not", () => {
  const cause = (errcode: number) => Object.assign(new Error("disk I/O error"), { code: "ERR_SQLITE_ERROR", errcode });
  // SQLITE_IOERR_SHMSIZE and SQLITE_IOERR_FSYNC.
  expect(ledgerError(cause(4874), "x")).toMatchObject({ message: expect.stringContaining("the disk is full") });
  expect(ledgerError(cause(1034), "x")).toMatchObject({ message: expect.stringContaining("check the disk") });
});
