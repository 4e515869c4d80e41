import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openLedgerFile } from "../../../src/ledger/sqlite/ledger-file.ts";
import { MIGRATIONS } from "../../../src/ledger/sqlite/schema.ts";
import { queueTransactions } from "../../../src/ledger/sqlite/transactions.ts";
import * as world from "../ledger-world.ts";

/** Commits until one is refused, then asks another process's connection how many stand. */
const PROGRAM = `
  import { execFileSync } from "node:child_process";
  import { openLedger } from ${JSON.stringify(import.meta.resolve("../../../src/ledger/sqlite/open-ledger.ts"))};
  const [path, count] = process.argv.slice(2);
  const ledger = await openLedger(path, { now: () => 0 });
  let told = 0;
  let refused;
  while (refused === undefined && told < 100) {
    await ledger.recordEvent({ kind: "note", subject: String(told), detail: {} }).then(() => told++, (error) => { refused = error.code; });
  }
  const others = Number(execFileSync(process.execPath, [count, path], { encoding: "utf8" }));
  console.log(JSON.stringify({ told, refused, others }));
  process.kill(process.pid, "SIGKILL");
`;
const COUNT = `
  import { DatabaseSync } from "node:sqlite";
  const ledger = new DatabaseSync(process.argv[2], { readOnly: true });
  console.log(ledger.prepare("SELECT count(*) AS n FROM events WHERE kind = 'note'").get().n);
`;

function canInject(): boolean {
  return spawnSync("strace", ["-e", "inject=fdatasync:error=EIO", "true"]).status === 0;
}

function queue() {
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
  return { ...queueTransactions(writer, path), addLot, lots, other };
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

test.skipIf(!canInject())("a commit whose sync fails stands for nobody, so that nothing is built on it", () => {
  const folder = world.temporaryFolder();
  const path = join(folder, "ledger.sqlite");
  const program = join(folder, "commit.mjs");
  const count = join(folder, "count.mjs");
  writeFileSync(program, PROGRAM);
  writeFileSync(count, COUNT);
  const syncs = "fsync,fdatasync";
  // Each migration is a commit, and so a sync, before the program's first.
  const first = MIGRATIONS.length + 3;
  const answer = spawnSync(
    "strace",
    ["-f", "-o", join(folder, "strace"), "-P", `${path}-wal`, "-e", `trace=${syncs}`]
      .concat(["-e", `inject=${syncs}:error=EIO:when=${first}+`])
      .concat([process.execPath, program, path, count]),
    { encoding: "utf8" },
  );
  const { told, refused, others } = JSON.parse(answer.stdout);
  expect({ refused, others }).toEqual({ refused: "disk-unwritable", others: told });
  expect(told).toBeGreaterThan(0);
});
