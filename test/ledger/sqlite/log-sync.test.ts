import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLogSync } from "../../../src/ledger/sqlite/log-sync.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import * as world from "../ledger-world.ts";

function withLog(): string {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  writeFileSync(`${path}-wal`, "");
  return path;
}

test("what asks while a sync is under way waits for one that begins afterwards, and shares it", async () => {
  const finish: (() => void)[] = [];
  const log = openLogSync(withLog(), () => new Promise((resolve) => finish.push(resolve)));
  onTestFinished(() => log.close());
  const done: string[] = [];
  const ask = (name: string) => log.sync().then(() => done.push(name));
  const begun = (syncs: number) => expect.poll(() => finish.length).toBe(syncs);
  const first = ask("first");
  await begun(1);
  const others = [ask("second"), ask("third")];
  finish[0]?.();
  await first;
  expect(done).toEqual(["first"]);
  await begun(2);
  finish[1]?.();
  await Promise.all(others);
  expect(done).toEqual(["first", "second", "third"]);
  expect(finish).toHaveLength(2);
});

test("a log that cannot be synced is a disk's error that names it", async () => {
  const path = withLog();
  const log = openLogSync(path, () => Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" })));
  onTestFinished(() => log.close());
  await expect(log.sync()).rejects.toMatchObject({
    code: "disk-unwritable",
    message: expect.stringContaining(`${path}-wal`),
  });
});

test("the log that is synced is the one that SQLite writes the commits to", async () => {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const ledger = await openLedger(path, { now: () => 0 });
  onTestFinished(() => ledger.close());
  await ledger.recordEvent({ kind: "note", subject: "x", detail: {} });
  const synced: number[] = [];
  const log = openLogSync(path, async (fd) => {
    synced.push(fd);
  });
  onTestFinished(() => log.close());
  await log.sync();
  expect(synced).toHaveLength(1);
});
