import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { currentLockOwner } from "../../../src/ledger/lock-owner.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

/** Many lots at once, as a list shows them. */
export function overviewContract(open: LedgerFactory): void {
  describe("many lots at once", () => {
    const day = Date.UTC(2026, 10, 23, 23, 59);
    let nowMs = day;
    let ledger: Ledger;

    beforeEach(async () => {
      nowMs = day;
      ({ ledger } = await open(() => nowMs));
    });

    test("lots are told in short, all or some, with the code of the last ended run and who holds them", async () => {
      const first = await world.plannedLot(ledger, "L1", ["a"]);
      await ledger.releaseLot(first, 3);
      const second = await world.plannedLot(ledger, "L2", ["b"]);
      await ledger.acquireLot("no job yet", currentLockOwner());
      const all = await ledger.lotHeads();
      expect(all).toMatchObject([
        { name: "L1", issuer: "line-3", jobName: "job", createdAtMs: day, lastExitCode: 3, lastRunAtMs: day },
        { name: "L2", lastExitCode: null, lastRunAtMs: null, heldBy: currentLockOwner() },
      ]);
      expect(all[0]?.heldBy).toBeNull();
      expect(await ledger.lotHeads(["L2", "L9"])).toEqual([all[1]]);
      expect(await ledger.lotHeads([])).toEqual([]);
      const [before] = await ledger.lotHeads(["L2"]);
      await world.mintLot(ledger, second);
      const [after] = await ledger.lotHeads(["L2"]);
      expect(after?.events).toBeGreaterThan(before?.events ?? 0);
      expect((await ledger.lotHeads(["L1"]))[0]?.events).toBe(all[0]?.events);
    });

    test("the figures of several lots are those that each has by itself", async () => {
      const first = await world.listedLot(ledger, "L1", ["a", "b", "c"]);
      await ledger.rejectDevices(first, [{ externalId: "c", reason: "taken" }]);
      const second = await world.withLotLease(ledger, "L2");
      const rejected = [world.rejectedRow(3, "x", "is bad"), world.rejectedRow(4, "y", "is bad")];
      const decisions = world.mintAll(["d"]);
      await ledger.absorbManifest(second, world.manifest(), world.inBatches({ decisions, rejected }));
      const figures = await ledger.lotFigures(["L2", "L1", "L9"]);
      expect(figures.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: "L1", jobJson: "{}", signer: "line-3", badRows: 0, counts: await ledger.countByStage("L1") },
        { name: "L2", jobJson: "{}", signer: null, badRows: 2, counts: await ledger.countByStage("L2") },
      ]);
      expect(await ledger.countByStage("L1")).toMatchObject({ listed: 2, rejected: 1 });
    });

    test("certificates count for the day on which their run began, by issuer, from a day on", async () => {
      await world.mintLot(ledger, await world.plannedLot(ledger, "L1", ["a", "b"]));
      const late = await world.plannedLot(ledger, "L2", ["c"]);
      nowMs += 2 * 60_000;
      await world.mintLot(ledger, late);
      await world.mintLot(ledger, await world.plannedLot(ledger, "L3", ["d"]));
      expect(await ledger.issuedByDay("2026-11-01")).toEqual([
        { issuer: "line-3", day: "2026-11-23", issued: 3 },
        { issuer: "line-3", day: "2026-11-24", issued: 1 },
      ]);
      expect(await ledger.issuedByDay("2026-11-24")).toEqual([{ issuer: "line-3", day: "2026-11-24", issued: 1 }]);
    });
  });
}
