import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { openLedger, openLedgerToRead } from "../../../src/ledger/sqlite/open-ledger.ts";
import { describeLedger } from "../ledger-contract.ts";
import * as world from "../ledger-world.ts";

const now = () => Date.UTC(2026, 10, 23);

describeLedger("the SQLite ledger", async (clock) => {
  const path = join(world.temporaryFolder(), "state", "ledger.sqlite");
  const elsewhere = async () => {
    const ledger = await openLedger(path, { now: clock });
    onTestFinished(() => ledger.close());
    return ledger;
  };
  return { ledger: await elsewhere(), elsewhere };
});

test("what was committed is there when the ledger is opened again", async () => {
  const path = join(world.temporaryFolder(), "state", "ledger.sqlite");
  const first = await openLedger(path, { now });
  await world.listedLot(first, "L1", ["a", "b"]);
  const head = await first.head("L1");
  await first.close();
  const second = await openLedger(path, { now });
  onTestFinished(() => second.close());
  expect(await second.countByStage("L1")).toMatchObject({ listed: 2 });
  expect(head).toBeDefined();
  expect(await second.head("L1")).toEqual(head);
});

test("closing waits for the commits that were asked for, and may be said twice", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const ledger = await openLedger(path, { now });
  const recording = ledger.recordEvent({ kind: "note", subject: "x", detail: {} });
  await ledger.close();
  await ledger.close();
  await expect(recording).resolves.toBeUndefined();
});

test("a file that is no database is refused and left as it is", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const content = "id,name\n".repeat(1000);
  writeFileSync(path, content);
  await expect(openLedger(path, { now })).rejects.toMatchObject({
    code: "state-damaged",
    message: expect.stringContaining("lotmint restore"),
  });
  expect(readFileSync(path, "utf8")).toBe(content);
});

test("a database of something else is refused", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const foreign = new DatabaseSync(path);
  foreign.exec("CREATE TABLE orders (id INTEGER)");
  foreign.close();
  await expect(openLedger(path, { now })).rejects.toMatchObject({
    code: "state-damaged",
    message: expect.stringContaining("something else"),
  });
});

test("a ledger that was cut short is damaged, not empty", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const ledger = await openLedger(path, { now });
  await world.listedLot(
    ledger,
    "L1",
    Array.from({ length: 50 }, (_, index) => `sn-${index}`),
  );
  await ledger.close();
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length / 2));
  const use = async () => {
    const cut = await openLedger(path, { now });
    await cut.verifyEvents().finally(() => cut.close());
  };
  await expect(use()).rejects.toMatchObject({ code: "state-damaged" });
});

test("a page that was overwritten is found by the check of the whole, though nobody reads it", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const ledger = await openLedger(path, { now });
  await world.listedLot(ledger, "L1", ["a", "b"]);
  await ledger.close();
  const reader = new DatabaseSync(path, { readOnly: true });
  const index = reader.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'devices_folded'").get();
  const pageSize = Number(reader.prepare("PRAGMA page_size").get()?.["page_size"]);
  reader.close();
  const content = readFileSync(path);
  const start = (Number(index?.["rootpage"]) - 1) * pageSize;
  writeFileSync(path, content.fill(0xff, start, start + pageSize));
  const damagedLedger = await openLedger(path, { now });
  onTestFinished(() => damagedLedger.close());
  await expect(damagedLedger.verifyEvents()).rejects.toMatchObject({ code: "state-damaged" });
});

test("a newest event that was altered shows on opening", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const ledger = await openLedger(path, { now });
  await ledger.recordEvent({ kind: "note", subject: "x", detail: { n: 1 } });
  await ledger.close();
  const intruder = new DatabaseSync(path);
  intruder.exec("DROP TRIGGER events_keep; UPDATE events SET detail = '{\"n\":2}'");
  intruder.close();
  await expect(openLedger(path, { now })).rejects.toMatchObject({
    code: "state-damaged",
    message: expect.stringContaining("event 1 (note, x)"),
  });
});

test("where there is no ledger, looking into one finds it empty and makes none", async () => {
  const folder = join(world.temporaryFolder(), "state");
  const ledger = await openLedgerToRead(join(folder, "ledger.sqlite"), { now });
  onTestFinished(() => ledger.close());
  expect([await ledger.lots(), await ledger.head(), await ledger.lastSignedAtMs()]).toEqual([[], undefined, undefined]);
  expect(existsSync(folder)).toBe(false);
});

test("looking into a ledger shows what was committed", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const ledger = await openLedger(path, { now });
  onTestFinished(() => ledger.close());
  await world.listedLot(ledger, "L1", ["a", "b"]);
  const look = await openLedgerToRead(path, { now });
  onTestFinished(() => look.close());
  expect(await look.countByStage("L1")).toMatchObject({ listed: 2 });
});

test("a newer version's ledger is refused to readers as well", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  await (await openLedger(path, { now })).close();
  const newer = new DatabaseSync(path);
  newer.exec("PRAGMA user_version = 9999");
  newer.close();
  await expect(openLedgerToRead(path, { now })).rejects.toMatchObject({ code: "state-damaged" });
});
