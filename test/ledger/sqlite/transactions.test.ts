import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openLedgerFile } from "../../../src/ledger/sqlite/ledger-file.ts";
import { queueTransactions } from "../../../src/ledger/sqlite/transactions.ts";
import * as world from "../ledger-world.ts";

function queue(makeDurable: () => Promise<void> = async () => undefined) {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const { writer, reader } = openLedgerFile(path);
  const other = new DatabaseSync(path);
  onTestFinished(() => {
    other.close();
    reader.close();
    writer.close();
  });
  const addLot = (name: string) => writer.prepare("INSERT INTO lots (name, created_at_ms) VALUES (?, 0)").run(name);
  const lots = () =>
    reader
      .prepare("SELECT name FROM lots ORDER BY id")
      .all()
      .map((row) => row["name"]);
  return { ...queueTransactions(writer, path, makeDurable), addLot, lots, other };
}

test("transactions run one after the other, in the order of asking", async () => {
  const { write, addLot, lots } = queue();
  const slow = write(async () => {
    addLot("first");
    await pause(20);
    addLot("second");
  });
  await Promise.all([slow, write(() => addLot("third"))]);
  expect(lots()).toEqual(["first", "second", "third"]);
});

test("a transaction that throws is undone, its error comes out as it was, and the next one runs", async () => {
  const { write, addLot, lots, idle } = queue();
  const error = new Error("no");
  const broken = write(() => {
    addLot("first");
    throw error;
  });
  const next = write(() => addLot("second"));
  await expect(broken).rejects.toBe(error);
  await next;
  await idle();
  expect(lots()).toEqual(["second"]);
});

test("another program's transaction is waited for, and timers run meanwhile", async () => {
  const { write, addLot, lots, other } = queue();
  other.exec("BEGIN IMMEDIATE; INSERT INTO lots (name, created_at_ms) VALUES ('theirs', 0)");
  const ours = write(() => addLot("ours"));
  // Would never come if the wait blocked this thread.
  await pause(10);
  other.exec("COMMIT");
  await ours;
  expect(lots()).toEqual(["theirs", "ours"]);
});

test("a commit is told of when it is durable, and others are made meanwhile", async () => {
  const order: string[] = [];
  const { promise: synced, resolve } = Promise.withResolvers<void>();
  const { write, addLot } = queue(() => synced);
  const first = write(() => addLot("first")).then(() => order.push("first told"));
  await write(async () => {
    order.push("second made");
    resolve();
  });
  await first;
  expect(order).toEqual(["second made", "first told"]);
});

test("after a commit that could not be made durable nothing more is committed, and each caller is told", async () => {
  const error = new Error("input/output error");
  const { write, addLot, lots, idle } = queue(() => Promise.reject(error));
  await expect(write(() => addLot("first"))).rejects.toBe(error);
  await expect(write(() => addLot("second"))).rejects.toBe(error);
  await idle();
  // The answer to the first was lost: the next read tells that it stands.
  expect(lots()).toEqual(["first"]);
});
