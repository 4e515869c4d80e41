import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

export function revocationListsContract(open: LedgerFactory): void {
  describe("revocation lists", () => {
    const NOW_MS = Date.UTC(2026, 10, 23);
    let ledger: Ledger;

    beforeEach(async () => {
      ({ ledger } = await open(() => NOW_MS));
    });

    test("numbers grow by one for each issuer, and one that was not used is not given again", async () => {
      expect([await ledger.reserveCrl("a"), await ledger.reserveCrl("a"), await ledger.reserveCrl("b")]).toEqual([
        1, 2, 1,
      ]);
      const list = { entries: 0, sha256: world.digest("list"), thisUpdateMs: 1, nextUpdateMs: 2 };
      await ledger.recordCrl({ issuer: "a", number: 2, ...list });
      expect(await ledger.reserveCrl("a")).toBe(3);
      expect(await ledger.revocationList("a")).toEqual({ due: 0, revoked: 0, written: { number: 2, ...list } });
      await expect(ledger.recordCrl({ issuer: "a", number: 2, ...list })).rejects.toMatchObject({
        code: "state-damaged",
      });
    });

    test("what is revoked, abandoned, or was revoked by another tool is in the list, its own first, in the order in which they were reserved", async () => {
      const lease = await world.plannedLot(ledger, "L1", ["a", "b"]);
      const { batch } = await world.reserveNext(ledger, lease);
      await ledger.voidBatch(lease, batch);
      await world.mintLot(ledger, lease);
      await ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["a"] });
      const alone = world.serialNumber();
      await ledger.reserveSerial({ serialNumber: alone, issuer: "line-3", subject: "CN=x" });
      await ledger.abandonSerial(alone);
      const theirs = { subject: "CN=y", notAfterMs: null, sha256: null, publicKeySha256: null };
      await ledger.adoptCertificates("line-3", [
        { ...theirs, serialNumber: "01", revoked: { atMs: 5000, reason: "keyCompromise" } },
        { ...theirs, serialNumber: "02", revoked: null },
      ]);
      const entries = await world.collect(ledger.revokedSerials("line-3"));
      const serials = entries.map(({ serialNumber }) => serialNumber);
      expect(entries.length).toBe(5);
      expect([serials[3], serials[4]]).toEqual([alone, "01"]);
      expect(entries[4]).toEqual({ serialNumber: "01", revokedAtMs: 5000, reason: "keyCompromise" });
      expect(
        entries
          .slice(0, -1)
          .map(({ reason }) => reason)
          .toSorted(),
      ).toEqual(["superseded", "unspecified", "unspecified", "unspecified"]);
      expect(new Set(entries.slice(0, -1).map(({ revokedAtMs }) => revokedAtMs))).toEqual(new Set([NOW_MS]));
      expect(await ledger.revocationList("line-3")).toMatchObject({ due: 5, revoked: 2, written: null });
      expect(await world.collect(ledger.revokedSerials("another"))).toEqual([]);
    });

    test("a long list comes whole, over many pages", async () => {
      const lease = await world.plannedLot(
        ledger,
        "L1",
        Array.from({ length: 3000 }, (_, index) => `d${index}`),
      );
      for (let page = 0; page < 3; page++) {
        const { batch } = await world.reserveNext(ledger, lease, 1500);
        await ledger.voidBatch(lease, batch);
      }
      const pages = await world.collectPages(ledger.revokedSerials("line-3"));
      expect(pages.length).toBeGreaterThan(1);
      expect(new Set(pages.flat().map(({ serialNumber }) => serialNumber)).size).toBe(4500);
    });

    test("lots under way are those with batches of the issuer that are not recovered", async () => {
      const [one, two] = [await world.plannedLot(ledger, "L1", ["a"]), await world.plannedLot(ledger, "L2", ["b"])];
      const { batch } = await world.reserveNext(ledger, one);
      await world.mintLot(ledger, two);
      expect(await ledger.lotsUnderWay("line-3")).toEqual(["L1"]);
      expect(await ledger.lotsUnderWay("another")).toEqual([]);
      await ledger.voidBatch(one, batch);
      expect(await ledger.lotsUnderWay("line-3")).toEqual([]);
    });
  });
}
