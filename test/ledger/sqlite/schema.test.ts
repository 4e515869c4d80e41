import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { currentLockOwner } from "../../../src/ledger/lock-owner.ts";
import { migrateSchema } from "../../../src/ledger/sqlite/migrate-schema.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import { MIGRATIONS } from "../../../src/ledger/sqlite/schema.ts";
import * as world from "../ledger-world.ts";

/** The schema's version in lotmint 0.1.0, whose rows the fixture holds. */
const OLD_VERSION = 3;
const OLD_EVENTS = 25;
const ROWS = readFileSync(new URL("../../fixtures/ledger-0.1.0.sql", import.meta.url), "utf8");

interface OldLedger {
  readonly path: string;
  /** The digests of its events, oldest first. */
  readonly digests: readonly string[];
}

/** A ledger file as version 0.1.0 left it; `change` is what somebody did to it since. */
function oldLedger(change = ""): OldLedger {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const file = new DatabaseSync(path);
  migrateSchema(file, MIGRATIONS.slice(0, OLD_VERSION));
  file.exec(`PRAGMA foreign_keys = OFF; ${ROWS}; ${change}`);
  const digests = file.prepare("SELECT digest FROM events ORDER BY seq").all();
  file.close();
  return { path, digests: digests.map((row) => String(row["digest"])) };
}

async function open(path: string): Promise<Ledger> {
  const ledger = await openLedger(path, { now: () => Date.UTC(2026, 10, 23) });
  onTestFinished(() => ledger.close());
  return ledger;
}

test("an old ledger is brought up to date, and its one chain of events stays provable", async () => {
  const { path, digests } = oldLedger();
  expect(digests).toHaveLength(OLD_EVENTS);
  const ledger = await open(path);
  await ledger.verifyLinks();
  expect(await ledger.verifyEvents()).toEqual({ events: OLD_EVENTS, head: digests.at(-1) });
  // What an old report ends with is known still.
  expect(await Promise.all(digests.map((digest) => ledger.hasEvent(digest)))).not.toContain(false);
  expect([await ledger.head(), await ledger.head("L1")]).toEqual([undefined, undefined]);
});

test("the new chains start from the old one's head, and prove the old certificates with the new ones", async () => {
  const { path, digests } = oldLedger();
  const ledger = await open(path);
  const lease = await ledger.acquireLot("L2", currentLockOwner());
  const [left] = await ledger.openBatches("L2");
  expect(left).toMatchObject({ state: "reserved", place: "line-pc-1" });
  await ledger.voidBatch(lease, left?.number ?? 0);
  await world.mintLot(ledger, lease);
  await ledger.releaseLot(lease, 0);
  await ledger.recordEvent({ kind: "note", subject: "x", detail: {} });
  const site = await ledger.head();
  // started, voided, reserved, minted, placed and ended; the checkpoint and the note.
  expect(await ledger.verifyEvents()).toEqual({ events: OLD_EVENTS + 8, head: site?.digest });
  const file = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => file.close());
  const firsts = file.prepare("SELECT chain, prev FROM events WHERE seq = 1 AND chain >= 0 ORDER BY chain").all();
  expect(firsts).toMatchObject([
    { chain: 0, prev: digests.at(-1) },
    { chain: 2, prev: digests.at(-1) },
  ]);
});

test("an old ledger's counters go on from where they were", async () => {
  const { path } = oldLedger();
  const ledger = await open(path);
  expect(await ledger.lastSignedAtMs()).toBeGreaterThan(Date.UTC(2026, 8, 1));
  expect([await ledger.reserveCrl("line-3"), await ledger.reserveCrl("root")]).toEqual([3, 1]);
  const lease = await ledger.acquireLot("L1", currentLockOwner());
  await ledger.absorbManifest(lease, world.manifest("mended"), world.inBatches());
  expect((await ledger.manifests("L1")).map(({ number }) => number)).toEqual([1, 2, 3]);
  const theirs = { subject: "/CN=new", notAfterMs: null, sha256: world.digest("new"), publicKeySha256: null };
  expect(await ledger.adoptCertificates("line-3", [{ ...theirs, serialNumber: "1001", revoked: null }])).toBe(1);
  await ledger.verifyEvents();
});

test("an old event that was changed or cut off before or after the ledger was brought up to date is found", async () => {
  const unlock = "DROP TRIGGER events_keep; DROP TRIGGER events_stay";
  for (const change of ["UPDATE events SET detail = '{}' WHERE seq = 5", "DELETE FROM events WHERE seq = 5"]) {
    const ledger = await open(oldLedger(`${unlock}; ${change}`).path);
    await expect(ledger.verifyLinks()).rejects.toMatchObject({ code: "state-damaged" });
    const { path } = oldLedger();
    const later = await open(path);
    const intruder = new DatabaseSync(path);
    onTestFinished(() => intruder.close());
    intruder.exec(`${unlock}; ${change.replace("WHERE", "WHERE chain = -1 AND")}`);
    await expect(later.verifyLinks()).rejects.toMatchObject({ code: "state-damaged" });
  }
  const cut = await open(oldLedger(`${unlock}; DELETE FROM events WHERE seq > 10`).path);
  await expect(cut.verifyEvents()).rejects.toThrow("the certificates are not those");
});

test("the archive cannot be replaced once a new chain has started from it", async () => {
  const { path } = oldLedger();
  const ledger = await open(path);
  await ledger.recordEvent({ kind: "note", subject: "x", detail: {} });
  const intruder = new DatabaseSync(path);
  onTestFinished(() => intruder.close());
  intruder.exec(`DROP TRIGGER events_stay; DELETE FROM events WHERE chain = -1 AND seq = ${OLD_EVENTS};
    UPDATE chains SET (seq, digest) = (SELECT seq, digest FROM events WHERE chain = -1 ORDER BY seq DESC LIMIT 1)
    WHERE chain = -1`);
  await expect(ledger.verifyLinks()).rejects.toThrow("event 1 (note, x) does not fit the chain");
});
