import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { eventDigest, type StoredEvent } from "../../../src/ledger/rules/event-digest.ts";
import { openLedger } from "../../../src/ledger/sqlite/open-ledger.ts";
import * as world from "../ledger-world.ts";

/** As append-events.ts has it; the ledger of one version has to fit the next. */
const CHECKPOINT_EVENTS = 1000;

interface Altered {
  readonly ledger: Ledger;
  readonly intruder: DatabaseSync;
}

/** A lot that was minted, an authority's certificate, and somebody with a database tool. */
async function mintedLedger(): Promise<Altered> {
  const path = join(world.temporaryFolder(), "ledger.sqlite");
  const ledger = await openLedger(path, { now: () => Date.UTC(2026, 10, 23) });
  const lease = await world.plannedLot(ledger, "L1", ["a", "b", "c"]);
  await world.mintLot(ledger, lease);
  const serialNumber = world.serialNumber();
  await ledger.reserveSerial({ serialNumber, issuer: "root", subject: "CN=line-3" });
  await ledger.recordCertificate(world.certificateOf("", serialNumber));
  const intruder = new DatabaseSync(path);
  onTestFinished(async () => {
    intruder.close();
    await ledger.close();
  });
  return { ledger, intruder };
}

async function flawAfter(change: string): Promise<string> {
  const { ledger, intruder } = await mintedLedger();
  await expect(ledger.verifyEvents()).resolves.toMatchObject({ events: 8 });
  intruder.exec(`DROP TRIGGER events_keep; DROP TRIGGER events_stay; ${change}`);
  const error = await ledger.verifyEvents().catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "state-damaged" });
  return error instanceof Error ? error.message : "";
}

test("events cannot be changed or deleted by accident", async () => {
  const { intruder } = await mintedLedger();
  expect(() => intruder.exec("UPDATE events SET at_ms = 0")).toThrow("append-only");
  expect(() => intruder.exec("DELETE FROM events")).toThrow("append-only");
});

test("an event that was changed is named, whatever was changed in it", async () => {
  const changes = ["at_ms = at_ms + 1", "kind = 'other'", "subject = 'L2'", "detail = '{}'", "digest = prev"];
  for (const change of changes) {
    expect(await flawAfter(`UPDATE events SET ${change} WHERE seq = 3`)).toMatch(/^event 3 \(/);
    expect(await flawAfter(`UPDATE events SET ${change} WHERE chain = 0 AND seq = 1`)).toMatch(/^event 1 \(/);
  }
});

test("an event that was taken out is missed at its successor", async () => {
  expect(await flawAfter("DELETE FROM events WHERE seq = 3")).toMatch(/^event 4 \(/);
});

test("a forger who recomputes an event's digest is found at its successor, and a gap even in a recomputed chain", async () => {
  const { ledger, intruder } = await mintedLedger();
  const rows = "SELECT chain, seq, at_ms AS atMs, kind, subject, detail, prev, digest FROM events";
  const events = intruder
    .prepare(`${rows} WHERE chain = 1 AND seq >= 3 ORDER BY seq`)
    .all() as unknown as StoredEvent[];
  const replace = (event: Omit<StoredEvent, "digest">): string => {
    const digest = eventDigest(event);
    const change = "UPDATE events SET detail = ?, prev = ?, digest = ? WHERE chain = 1 AND seq = ?";
    intruder.prepare(change).run(event.detail, event.prev, digest, event.seq);
    return digest;
  };
  intruder.exec("DROP TRIGGER events_keep; DROP TRIGGER events_stay");
  const [third, ...later] = events;
  if (third === undefined) throw new Error("there is no third event");
  replace({ ...third, detail: "{}" });
  await expect(ledger.verifyEvents()).rejects.toMatchObject({ message: expect.stringMatching(/^event 4 \(/) });
  intruder.exec("DELETE FROM events WHERE chain = 1 AND seq = 3");
  let prev = third.prev;
  for (const event of later) prev = replace({ ...event, prev });
  await expect(ledger.verifyEvents()).rejects.toMatchObject({ message: expect.stringMatching(/^event 4 \(/) });
});

test("an event that was put in is found", async () => {
  const { ledger, intruder } = await mintedLedger();
  intruder.exec(`INSERT INTO events SELECT chain, seq + 1, at_ms, kind, subject, detail, digest, digest
                 FROM events WHERE chain = 1 ORDER BY seq DESC LIMIT 1`);
  await expect(ledger.verifyEvents()).rejects.toMatchObject({ message: expect.stringMatching(/^event 7 \(/) });
});

test("a tail of a chain that was cut off shows in the chain's head, or else in the certificates it told of", async () => {
  const cut = "DELETE FROM events WHERE chain = 1 AND seq > 3";
  expect(await flawAfter(cut)).toContain("of lot L1 ends with event 3 and should with 6");
  const head = "UPDATE chains SET (seq, digest) = (SELECT seq, digest FROM events WHERE chain = 1 AND seq = 3)";
  expect(await flawAfter(`${cut}; ${head} WHERE chain = 1`)).toContain("the certificates are not those");
});

test("a lot whose events were dropped is missed by the checkpoint of its last run", async () => {
  const { ledger, intruder } = await mintedLedger();
  await ledger.releaseLot({ lot: "L1", run: 1, fence: 1 }, 0);
  await ledger.verifyLinks();
  intruder.exec(`DROP TRIGGER events_keep; DROP TRIGGER events_stay; PRAGMA foreign_keys = OFF;
    DELETE FROM events WHERE chain = 1; DELETE FROM chains WHERE chain = 1`);
  await expect(ledger.verifyLinks()).rejects.toMatchObject({
    code: "state-damaged",
    message: expect.stringMatching(/^lot L1 does not have the event that the site's event 3 \(checkpoint, L1\)/),
  });
});

test("a lot that was deleted and has events is missed", async () => {
  const { ledger, intruder } = await mintedLedger();
  intruder.exec("PRAGMA foreign_keys = OFF; DELETE FROM lots");
  await expect(ledger.verifyLinks()).rejects.toThrow("there are events of a lot that is gone");
});

test("the end of a lot's chain that was cut off and recomputed is missed by its checkpoint", async () => {
  const { ledger, intruder } = await mintedLedger();
  await ledger.releaseLot({ lot: "L1", run: 1, fence: 1 }, 0);
  intruder.exec(`DROP TRIGGER events_stay; DELETE FROM events WHERE chain = 1 AND seq = 7;
    UPDATE chains SET (seq, digest) = (SELECT seq, digest FROM events WHERE chain = 1 AND seq = 6) WHERE chain = 1`);
  await expect(ledger.verifyLinks()).rejects.toThrow("lot L1 does not have the event");
});

test("the end of the site's chain that was cut off and recomputed is missed by the lots' last runs", async () => {
  const { ledger, intruder } = await mintedLedger();
  await ledger.releaseLot({ lot: "L1", run: 1, fence: 1 }, 0);
  intruder.exec(`DROP TRIGGER events_stay; DELETE FROM events WHERE chain = 0 AND seq = 3;
    UPDATE chains SET (seq, digest) = (SELECT seq, digest FROM events WHERE chain = 0 AND seq = 2) WHERE chain = 0`);
  await expect(ledger.verifyLinks()).rejects.toThrow("no checkpoint for event 7 of lot L1");
});

test("another lot's chain in a lot's place is found, though it is whole", async () => {
  const { ledger, intruder } = await mintedLedger();
  await world.withLotLease(ledger, "L2");
  intruder.exec(`DROP TRIGGER events_keep; UPDATE events SET chain = chain + 10 WHERE chain > 0;
    UPDATE events SET chain = 13 - chain WHERE chain > 10; UPDATE chains SET chain = chain + 10 WHERE chain > 0;
    UPDATE chains SET chain = 13 - chain WHERE chain > 10`);
  await expect(ledger.verifyLinks()).rejects.toThrow("does not belong to lot");
});

test("a long chain of a lot is tied into the site's chain while its run goes on", async () => {
  const { ledger, intruder } = await mintedLedger();
  const lease = { lot: "L1", run: 1, fence: 1 };
  for (let n = 6; n < CHECKPOINT_EVENTS; n++) await ledger.relistRejected(lease);
  const checkpoints = intruder.prepare("SELECT detail FROM events WHERE chain = 0 AND kind = 'checkpoint'").all();
  expect(checkpoints.map((row) => JSON.parse(String(row["detail"])))).toEqual([
    { chain: 1, seq: CHECKPOINT_EVENTS, digest: (await ledger.head("L1"))?.digest },
  ]);
  await ledger.verifyLinks();
});

test("a certificate's changed serial number, device or fingerprint is laid to its event", async () => {
  const changed = (what: string) => flawAfter(`UPDATE certificates SET ${what} WHERE id = 2`);
  expect(await changed("serial = randomblob(20)")).toContain("event 4 (batch-reserved, L1)");
  expect(await changed("external_id = 'z'")).toContain("event 4 (batch-reserved, L1)");
  expect(await changed("sha256 = randomblob(32)")).toContain("event 5 (batch-minted, L1)");
  const authority = (what: string) => flawAfter(`UPDATE certificates SET ${what} WHERE batch IS NULL`);
  expect(await authority("serial = randomblob(20)")).toContain("event 1 (serial-reserved, root)");
  expect(await authority("sha256 = randomblob(32)")).toContain("event 2 (certificate-recorded, root)");
});

test("a certificate that was deleted or smuggled in is noticed", async () => {
  expect(await flawAfter("DELETE FROM certificates WHERE id = 2")).toContain("event 4 (batch-reserved, L1)");
  const { ledger, intruder } = await mintedLedger();
  const lost = world.serialNumber();
  await ledger.reserveSerial({ serialNumber: lost, issuer: "root", subject: "CN=line-4" });
  await ledger.abandonSerial(lost);
  intruder.prepare("UPDATE certificates SET sha256 = randomblob(32) WHERE serial = ?").run(Buffer.from(lost, "hex"));
  await expect(ledger.verifyEvents()).rejects.toThrow("the certificates are not those");
  const smuggle = "INSERT INTO certificates (serial, issuer, state) VALUES (randomblob(20), 'root', 'issued')";
  expect(await flawAfter(smuggle)).toContain("the certificates are not those");
});

test("of some certificates, every link is checked, and only their own batches against the events", async () => {
  const { ledger, intruder } = await mintedLedger();
  const second = await world.plannedLot(ledger, "L2", ["x", "y"]);
  await world.mintLot(ledger, second);
  const [{ serialNumber = "" } = {}] = await ledger.mintedAt("L1", [0]);
  const all = await ledger.verifyEvents();
  expect(await ledger.verifyEventsOf([serialNumber])).toEqual(all);
  const spoil = (where: string) => intruder.exec(`UPDATE certificates SET sha256 = randomblob(32) WHERE ${where}`);
  spoil("external_id = 'x'");
  expect(await ledger.verifyEventsOf([serialNumber])).toEqual(all);
  // Another one of its batch.
  spoil("external_id = 'c'");
  await expect(ledger.verifyEventsOf([serialNumber])).rejects.toThrow("event 5 (batch-minted, L1)");
  intruder.exec(`DROP TRIGGER events_keep; UPDATE events SET at_ms = at_ms + 1 WHERE subject = 'L2' AND seq = 2`);
  await expect(ledger.verifyEventsOf([])).rejects.toThrow(/^event 2 \(.*, L2\) does not fit the chain/);
});

test("a certificate in a batch that no event tells of is noticed when it is drawn", async () => {
  const { ledger, intruder } = await mintedLedger();
  const [{ serialNumber = "" } = {}] = await ledger.mintedAt("L1", [0]);
  intruder.exec("UPDATE certificates SET batch = 77 WHERE batch IS NOT NULL");
  await expect(ledger.verifyEventsOf([serialNumber])).rejects.toMatchObject({ code: "state-damaged" });
});

test("a revoked certificate still fits the events that recorded it", async () => {
  const { ledger, intruder } = await mintedLedger();
  intruder.exec("UPDATE certificates SET state = 'revoked' WHERE id = 2");
  await expect(ledger.verifyEvents()).resolves.toMatchObject({ events: 8 });
  expect(await ledger.countCertificates("line-3")).toEqual({ issued: 3, revoked: 1, abandoned: 0 });
});

test("a long chain is walked over many pages", async () => {
  const { ledger } = await mintedLedger();
  const notes = Array.from({ length: 1100 }, (_, n) =>
    ledger.recordEvent({ kind: "note", subject: "x", detail: { n } }),
  );
  await Promise.all(notes);
  await expect(ledger.verifyEvents()).resolves.toMatchObject({ events: 1108 });
});

test("the links alone show an event that was changed or taken out, and not what became of certificates", async () => {
  for (const change of ["UPDATE events SET detail = '{}' WHERE seq = 3", "DELETE FROM events WHERE seq = 3"]) {
    const { ledger, intruder } = await mintedLedger();
    await ledger.verifyLinks();
    intruder.exec("DROP TRIGGER events_keep; DROP TRIGGER events_stay; DELETE FROM certificates");
    await ledger.verifyLinks();
    intruder.exec(change);
    await expect(ledger.verifyLinks()).rejects.toMatchObject({ code: "state-damaged" });
  }
});

test("an event is known by its digest until the chain's end is cut off", async () => {
  const { ledger, intruder } = await mintedLedger();
  const { digest = "" } = (await ledger.head()) ?? {};
  expect([await ledger.hasEvent(digest), await ledger.hasEvent("ab")]).toEqual([true, false]);
  intruder.exec("DROP TRIGGER events_stay; DELETE FROM events WHERE chain = 0 AND seq = 2");
  expect(await ledger.hasEvent(digest)).toBe(false);
});

test("the time of the last signature is that of what was reserved or signed, whatever was recorded since", async () => {
  let nowMs = Date.UTC(2026, 10, 23);
  const ledger = await openLedger(join(world.temporaryFolder(), "ledger.sqlite"), { now: () => nowMs });
  onTestFinished(() => ledger.close());
  expect(await ledger.lastSignedAtMs()).toBeUndefined();
  await world.mintLot(ledger, await world.plannedLot(ledger, "L1", ["a"]));
  nowMs += 3_600_000;
  await ledger.recordEvent({ kind: "note", subject: "x", detail: {} });
  expect(await ledger.lastSignedAtMs()).toBe(Date.UTC(2026, 10, 23));
});
