import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { currentLockOwner } from "../../../src/ledger/lock-owner.ts";
import { LOCK_PATIENCE_MS } from "../../../src/ledger/locks.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

const BY = { via: "page", who: "loopback", address: "127.0.0.1" };

export function ordersContract(open: LedgerFactory): void {
  describe("orders to the watcher", () => {
    let nowMs = 1000;
    let ledger: Ledger;
    let elsewhere: () => Promise<Ledger>;

    beforeEach(async () => {
      nowMs = 1000;
      ({ ledger, elsewhere } = await open(() => nowMs));
    });

    const stopped = async (of = ledger) => (await of.stoppedLots()).map(({ lot }) => lot);

    test("a stopped lot stays stopped for whoever opens the ledger, until it is resumed", async () => {
      expect(await ledger.stopLot("L2", BY)).toBe(true);
      expect(await ledger.stopLot("L1", BY)).toBe(true);
      expect(await (await elsewhere()).stoppedLots()).toEqual([
        { lot: "L1", atMs: 1000 },
        { lot: "L2", atMs: 1000 },
      ]);
      expect(await ledger.resumeLot("L2", BY)).toBe(true);
      expect(await stopped(await elsewhere())).toEqual(["L1"]);
    });

    test("stopping twice, and resuming twice, is once, and stands once in the chain of events with who asked", async () => {
      const heads = [await ledger.head()];
      const note = async () => heads.push(await ledger.head());
      expect([await ledger.stopLot("L1", BY), await note(), await ledger.stopLot("l1", BY)]).toEqual([true, 2, false]);
      expect(await ledger.head()).toEqual(heads.at(-1));
      expect([await ledger.resumeLot("l1", BY), await note(), await ledger.resumeLot("L1", BY)]).toEqual([
        true,
        3,
        false,
      ]);
      expect(await ledger.head()).toEqual(heads.at(-1));
      expect(new Set(heads.map((head) => head?.digest)).size).toBe(3);
      await ledger.verifyEvents();
    });

    test("a lot is known by its name in any case and Unicode form, and told as it is spelled here", async () => {
      await world.plannedLot(ledger, "Lot-é", ["a"]);
      await ledger.stopLot("LOT-e\u0301", BY, undefined);
      expect(await stopped()).toEqual(["Lot-é"]);
      await ledger.stopLot("new", BY);
      const lease = await ledger.acquireLot("NEW", currentLockOwner());
      expect(await stopped()).toEqual(["Lot-é", "NEW"]);
      await ledger.releaseLot(lease, 0);
      expect(await ledger.resumeLot("NeW", BY)).toBe(true);
    });

    test("a lot that another run holds is not stopped, and its holder is named; one that the watcher runs is", async () => {
      const lease = await ledger.acquireLot("L1", currentLockOwner());
      const other = await elsewhere();
      await expect(other.stopLot("L1", BY, currentLockOwner())).rejects.toMatchObject({
        code: "lot-held",
        message: expect.stringContaining(`process ${process.pid}`),
      });
      expect(await stopped()).toEqual([]);
      expect(await ledger.stopLot("L1", BY)).toBe(true);
      await ledger.heartbeat(lease);
      await ledger.releaseLot(lease, 0);
      await ledger.resumeLot("L1", BY);
      expect(await other.stopLot("L1", BY, currentLockOwner())).toBe(true);
    });

    test("a holder under another kernel counts while it beats, and a dead one not at all", async () => {
      const other = await elsewhere();
      await other.acquireLot("L1", { host: "line-pc-7", bootId: "another", pid: 4711, processStart: "1" });
      await other.acquireLot("L2", { ...currentLockOwner(), bootId: "earlier" });
      await other.close();
      await expect(ledger.stopLot("L1", BY, currentLockOwner())).rejects.toMatchObject({
        code: "lot-held",
        message: expect.stringContaining("line-pc-7"),
      });
      expect(await ledger.stopLot("L2", BY, currentLockOwner())).toBe(true);
      nowMs += LOCK_PATIENCE_MS + 1;
      expect(await ledger.stopLot("L1", BY, currentLockOwner())).toBe(true);
      // Asking has taken nothing.
      expect(await ledger.acquireLot("L2", currentLockOwner())).toMatchObject({ lot: "L2" });
    });

    test("a lot that is to be sent again is asked for once, in turn, until that is done", async () => {
      for (const lot of ["L2", "L1", "l2"]) await ledger.askToSend(lot, BY);
      expect(await (await elsewhere()).sendsAsked()).toEqual(["L2", "L1"]);
      const before = await ledger.head();
      expect(await ledger.askToSend("L1", BY)).toBe(false);
      expect(await ledger.head()).toEqual(before);
      await ledger.endSend("L2", 3);
      expect(await ledger.head()).not.toEqual(before);
      await ledger.endSend("L2", 3);
      expect(await ledger.sendsAsked()).toEqual(["L1"]);
      expect(await ledger.askToSend("L2", BY)).toBe(true);
      expect(await ledger.sendsAsked()).toEqual(["L1", "L2"]);
      await ledger.verifyEvents();
    });
  });
}
