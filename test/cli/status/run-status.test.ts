import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dropLayout, homeLayout } from "../../../src/disk/layout.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import { writeClaim } from "../../../src/watch/claims.ts";
import { runInProcess } from "../../scenario/in-process.ts";

test("status says what is in input/work and why, and of one lot only what is its own", async () => {
  const root = mkdtempSync(join(tmpdir(), "lotmint-status-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const home = homeLayout(root);
  const drop = dropLayout(home);
  for (const folder of [home.jobs, home.state, drop.input, drop.work]) mkdirSync(folder, { mode: 0o700 });
  const call = async (...args: readonly string[]) =>
    (await runInProcess(args, root, { LOTMINT_PASSPHRASE: "a passphrase for these tests" })).text;
  expect(await call("status")).not.toContain("input/work");

  await call("authority", "create", "line");
  writeFileSync(join(drop.input, "A.csv"), "id\nA-1\n");
  await call("run", "input/A.csv", "--issuer", "line");
  for (const name of ["A.csv", "B.csv"]) writeFileSync(join(drop.work, name), "id\n");
  const claim = { claimedAtMs: new Date(2026, 10, 25, 5, 30).getTime(), job: null, filing: null, starts: 0 };
  const waiting = { reason: "the platform was not reached", sinceMs: new Date(2026, 10, 25, 5, 45).getTime() };
  writeClaim(drop, "A.csv", { ...claim, name: "A.csv", lot: "A", waiting });
  writeClaim(drop, "B.csv", { ...claim, name: "B.csv", lot: null });

  const told = (await call("status")).replace(/\s+/g, " ");
  expect(told).toContain(
    "In input/work A.csv lot A, since 2026-11-25 05:45:00: the platform was not reached; it is tried again by itself",
  );
  expect(told).toContain("B.csv since 2026-11-25 05:30:00: it waits for its turn, or for lotmint watch to be started");

  const by = { via: "page", who: "loopback", address: "127.0.0.1" };
  const ledger = await openLedger(home.ledger, { now: Date.now });
  for (const lot of ["a", "C"]) await ledger.stopLot(lot, by);
  await ledger.close();
  const stopped = await call("status");
  expect(stopped).toMatch(/^A .*stopped until it is resumed$/m);
  expect(stopped.replace(/\s+/g, " ")).toContain(
    "A.csv lot A, since 2026-11-25 05:45:00: its lot is stopped until it is resumed",
  );
  expect(stopped).toContain("Stopped before the first run, until resumed: C\n");
  expect(JSON.parse(await call("status", "--json"))).toMatchObject([
    { lot: "A", stopped: true, inWork: [{ reason: "its lot is stopped until it is resumed" }] },
    { stoppedBeforeFirstRun: ["C"] },
  ]);
  // Who runs it by hand means it.
  const ran = await runInProcess(["run", "input/A.csv", "--issuer", "line"], root);
  expect([ran.code, ran.told.replace(/\s+/g, " ")]).toEqual([
    0,
    expect.stringContaining("lot A is stopped for the watcher until it is resumed there"),
  ]);
  const again = await openLedger(home.ledger, { now: Date.now });
  for (const lot of ["A", "C"]) await again.resumeLot(lot, by);
  await again.close();

  expect(await call("status", "A")).not.toContain("B.csv");
  expect(JSON.parse(await call("status", "--json"))).toMatchObject([
    { lot: "A", inWork: [{ file: "A.csv", reason: expect.stringContaining("the platform was not reached") }] },
  ]);
});

test("a drop folder that cannot be read is reported, and status shows the lots without it", async () => {
  const root = mkdtempSync(join(tmpdir(), "lotmint-status-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const home = homeLayout(root);
  const drop = dropLayout(home);
  for (const folder of [home.jobs, drop.input]) mkdirSync(folder);
  writeFileSync(drop.work, "a file in the folder's place");
  const { code, told } = await runInProcess(["status"], root);
  expect([code, told.replace(/\s+/g, " ")]).toEqual([0, expect.stringMatching(/warning: \S+ cannot be listed/)]);
});
