import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LotLease } from "../../../src/ledger/locks.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

export function receiptsContract(open: LedgerFactory): void {
  describe("receipts", () => {
    let nowMs: number;
    let ledger: Ledger;
    let lease: LotLease;

    beforeEach(async () => {
      nowMs = Date.UTC(2026, 10, 23);
      ({ ledger } = await open(() => nowMs));
      lease = await world.listedLot(ledger, "L1", ["a", "b", "c"]);
    });

    async function record(of = lease): Promise<number> {
      const { number, previous } = await ledger.nextReceipt();
      expect(await ledger.recordReceipt(of, receipt(number, previous?.number ?? null))).toBe(true);
      return number;
    }

    function receipt(number: number, previous: number | null) {
      const content = `receipt ${number}\n`;
      return { number, previous, content, sha256: world.digest(content), signature: Buffer.from([number % 256]) };
    }

    async function lines(number: number): Promise<readonly string[]> {
      const devices = await world.collect(ledger.receiptDevices(number));
      return devices.map(({ externalId, serialNumber }) => `${externalId} ${serialNumber}`);
    }

    async function present(): Promise<readonly string[]> {
      const devices = await world.collect(ledger.devices("L1"));
      return devices.map(({ externalId, serialNumber }) => `${externalId} ${serialNumber}`);
    }

    async function remint(externalId: string): Promise<string> {
      const serialNumber = world.serialNumber();
      const batch = await ledger.reserveRemint(lease, {
        issuer: "line-3",
        devices: [{ externalId, serialNumber }],
        reason: "superseded",
        register: false,
        push: false,
      });
      await ledger.commitMinted(lease, batch, [world.certificateOf(externalId, serialNumber)]);
      await ledger.commitPlaced(lease, batch);
      return serialNumber;
    }

    test("numbers grow by one over all lots, and each is named by the next", async () => {
      expect(await ledger.nextReceipt()).toEqual({ number: 1, previous: null });
      const other = await world.listedLot(ledger, "L2", ["x"]);
      expect([await record(), await record(other), await record()]).toEqual([1, 2, 3]);
      expect(await ledger.nextReceipt()).toEqual({
        number: 4,
        previous: { number: 3, sha256: world.digest("receipt 3\n") },
      });
      expect((await ledger.receipts("L1")).map(({ number }) => number)).toEqual([1, 3]);
      expect((await ledger.receipts()).map(({ number, lot }) => [number, lot])).toEqual([
        [1, "L1"],
        [2, "L2"],
        [3, "L1"],
      ]);
      expect(await ledger.receiptSpans()).toEqual([{ first: 1, last: 3 }]);
      expect(await ledger.receipt(2)).toMatchObject({ ...receiptRow(2, "L2"), content: "receipt 2\n" });
      expect(await ledger.receipt(4)).toBeUndefined();
    });

    function receiptRow(number: number, lot: string) {
      return { number, lot, sha256: world.digest(`receipt ${number}\n`), known: true };
    }

    test("of two lots that ask for a number together, the second gets none and nothing is recorded", async () => {
      const other = await world.listedLot(ledger, "L2", ["x"]);
      const { number } = await ledger.nextReceipt();
      const both = await Promise.all([
        ledger.recordReceipt(lease, receipt(number, null)),
        ledger.recordReceipt(other, receipt(number, null)),
      ]);
      expect(both.toSorted()).toEqual([false, true]);
      expect(await ledger.receipts()).toHaveLength(1);
      expect(await ledger.recordReceipt(other, receipt(3, 1))).toBe(false);
      expect(await ledger.recordReceipt(other, receipt(2, null))).toBe(false);
      expect(await ledger.receipts()).toHaveLength(1);
      await ledger.verifyEvents();
    });

    test("a run that has lost the lot records none", async () => {
      await ledger.releaseLot(lease, 0);
      await expect(record()).rejects.toMatchObject({ code: "lot-held" });
      expect(await ledger.receipts()).toEqual([]);
    });

    test("one is due once something was completed, and not after it is recorded; a revocation makes none due", async () => {
      const fresh = await world.plannedLot(ledger, "L2", ["x"]);
      await record(fresh);
      expect(await ledger.receiptDue("L2")).toBe(false);
      await world.mintLot(ledger, fresh);
      expect(await ledger.receiptDue("L2")).toBe(true);
      await record(fresh);
      await world.listLot(ledger, fresh);
      expect(await ledger.receiptDue("L2")).toBe(true);
      await record(fresh);
      const upload = await ledger.openUpload(fresh, { part: 1, externalIds: ["x"] });
      await ledger.closeUpload(fresh, upload, { kind: "busy", status: 503, confirmed: [], rejected: [] });
      expect(await ledger.receiptDue("L2")).toBe(false);
      const again = await ledger.openUpload(fresh, { part: 1, externalIds: ["x"] });
      await ledger.closeUpload(fresh, again, { kind: "answered", confirmed: ["x"], rejected: [] });
      expect(await ledger.receiptDue("L2")).toBe(true);
      await record(fresh);
      await ledger.revokeDevices(fresh, { reason: "superseded", externalIds: ["x"] });
      await ledger.releaseLot(fresh, 0);
      expect(await ledger.receiptDue("L2")).toBe(false);
      expect(await ledger.receiptDue("L3")).toBe(false);
    });

    test("its files are to be written until that is recorded", async () => {
      const number = await record();
      const [waiting] = await ledger.unplacedReceipts();
      expect(waiting).toMatchObject({ ...receiptRow(1, "L1"), content: "receipt 1\n" });
      expect(Buffer.from(waiting?.signature ?? []).equals(Buffer.from([1]))).toBe(true);
      await ledger.commitReceiptsPlaced([number]);
      expect(await ledger.unplacedReceipts()).toEqual([]);
    });

    test("its devices are those of then: reminted, revoked, replanned, added and moved ones included", async () => {
      const before = await present();
      const number = await record();
      expect(await lines(number)).toEqual(before);

      nowMs += 1000;
      const fresh = await remint("b");
      await ledger.revokeDevices(lease, { reason: "keyCompromise", externalIds: ["c"] });
      expect(await lines(number)).toEqual(before);
      const second = await record();
      const between = await lines(second);
      expect(between[1]).toBe(`b ${fresh}`);

      // A manifest that turns the order round, takes the revoked id again, and adds one.
      const moved = { ...world.device("a", 40, "another name") };
      await ledger.absorbManifest(
        lease,
        world.manifest(),
        world.inBatches({
          decisions: [
            world.mintOne(world.device("c", 2)),
            world.mintOne(world.device("d", 3)),
            { kind: "register", device: moved, registrationDigest: world.digest("another") },
          ],
        }),
      );
      expect(await lines(number)).toEqual(before);
      await world.mintLot(ledger, lease);
      expect(await lines(number)).toEqual(before);
      expect(await lines(second)).toEqual(between);
      const third = await record();
      expect((await present()).map((line) => line.split(" ")[0])).toEqual(["c", "b", "d", "a"]);
      expect(await lines(third)).toEqual(await present());
      expect(await lines(99)).toEqual([]);
    });

    test("what became of its certificates since is counted and named, what was so before is not", async () => {
      nowMs += 1000;
      await ledger.revokeDevices(lease, { reason: "unspecified", externalIds: ["a"] });
      nowMs += 1000;
      const old = (await ledger.certifiedDevices(["b", "c"])).map(({ serialNumber }) => serialNumber);
      const number = await record();
      const unchanged = { revoked: 0, reissued: 0, added: 0, first: [] };
      expect(await ledger.receiptChanges(number, 10)).toEqual(unchanged);
      nowMs += 1000;
      const fresh = await remint("b");
      await ledger.revokeDevices(lease, { reason: "keyCompromise", externalIds: ["c"] });
      const changes = await ledger.receiptChanges(number, 10);
      expect(changes).toMatchObject({ revoked: 1, reissued: 1, added: 0 });
      const at = { atMs: nowMs };
      expect(changes.first).toEqual([
        { kind: "reissued", externalId: "b", serialNumber: old[0], reason: "superseded", replacedBy: fresh, ...at },
        { kind: "revoked", externalId: "c", serialNumber: old[1], reason: "keyCompromise", replacedBy: null, ...at },
      ]);
      expect((await ledger.receiptChanges(number, 1)).first).toHaveLength(1);
      await ledger.absorbManifest(
        lease,
        world.manifest("mended"),
        world.inBatches({ decisions: world.mintAll(["e"], 9) }),
      );
      await world.mintLot(ledger, lease);
      expect(await ledger.receiptChanges(number, 1)).toMatchObject({ added: 1 });
      expect(await ledger.receiptChanges(99, 1)).toEqual(unchanged);
    });

    test("a lot over many pages comes whole and in order", async () => {
      const ids = Array.from({ length: 4500 }, (_, index) => `n${String(index).padStart(4, "0")}`);
      const many = await world.plannedLot(ledger, "L9", ids);
      for (let minted = 0; minted < ids.length; minted += 100) await world.mintLot(ledger, many);
      const number = await record(many);
      await ledger.revokeDevices(many, { reason: "superseded", externalIds: ["n2100"] });
      const devices = await world.collect(ledger.receiptDevices(number));
      expect(devices.map(({ externalId }) => externalId)).toEqual(ids);
    });

    test("after a restore numbers go on from its time, and those that were lost can be taken in", async () => {
      const number = await record();
      nowMs += 60_000;
      await ledger.openGeneration();
      const next = await ledger.nextReceipt();
      expect(next).toEqual({ number: nowMs, previous: { number, sha256: world.digest("receipt 1\n") } });

      expect(await ledger.adoptReceipt(lease, receipt(1, null))).toBe(false);
      expect(await ledger.adoptReceipt(lease, receipt(nowMs, 1))).toBe(false);
      expect(await ledger.adoptReceipt(lease, receipt(3, 2))).toBe(true);
      expect(await ledger.adoptReceipt(lease, receipt(3, 2))).toBe(false);
      expect(await ledger.receipts("L1")).toMatchObject([{ known: true }, { number: 3, known: false }]);
      expect((await ledger.unplacedReceipts()).map((one) => one.number)).toEqual([1, 3]);
      expect(await lines(3)).toEqual([]);
      expect(await ledger.receiptChanges(3, 10)).toMatchObject({ revoked: 0 });
      expect((await ledger.nextReceipt()).previous?.number).toBe(3);
      expect(await record()).toBe(nowMs);
      expect(await record()).toBe(nowMs + 1);
      expect(await ledger.receiptSpans()).toEqual([
        { first: 1, last: 1 },
        { first: nowMs, last: nowMs + 1 },
      ]);
      // A second restore within the same moment collides with nothing either.
      await ledger.openGeneration();
      expect((await ledger.nextReceipt()).number).toBe(nowMs + 2);
      await ledger.verifyEvents();
    });

    test("a receipt that is adopted takes nothing off what is due", async () => {
      await record();
      await world.mintLot(ledger, await world.plannedLot(ledger, "L2", ["x"]));
      nowMs += 1000;
      await ledger.openGeneration();
      const other = await ledger.lot("L2");
      expect(other).toBeDefined();
      expect(await ledger.receiptDue("L2")).toBe(true);
    });
  });
}
