import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LotLease } from "../../../src/ledger/locks.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

const POOL = { pool: "pool-1", algorithm: "rsa-2048" } as const;

export function keyPoolContract(open: LedgerFactory): void {
  describe("the key pool", () => {
    let ledger: Ledger;

    beforeEach(async () => {
      ({ ledger } = await open(() => Date.UTC(2026, 10, 23)));
      await ledger.addPoolSegment({ ...POOL, segment: "s1", keys: 3 });
      await ledger.addPoolSegment({ ...POOL, segment: "s2", keys: 4 });
      await ledger.addPoolSegment({ pool: "pool-2", algorithm: "rsa-2048", segment: "other-pool", keys: 9 });
      await ledger.addPoolSegment({ ...POOL, algorithm: "rsa-4096", segment: "other-keys", keys: 9 });
    });

    async function claim(lease: LotLease, limit: number): Promise<number> {
      const serialNumbers = Array.from({ length: limit }, world.serialNumber);
      const claimed = await ledger.claimBatch(lease, { issuer: "line-3", serialNumbers, keys: POOL });
      return claimed?.batch ?? 0;
    }

    async function mint(lease: LotLease, batch: number, keyOf = (id: string) => world.digest(`key of ${id}`)) {
      const open = (await ledger.openBatches(lease.lot)).find(({ number }) => number === batch);
      const certificates = (open?.devices ?? []).map(({ externalId, serialNumber }) => ({
        ...world.certificateOf(externalId, serialNumber),
        publicKeySha256: keyOf(externalId),
      }));
      await ledger.commitMinted(lease, batch, certificates);
    }

    const left = async () =>
      (await ledger.countPoolKeys()).map(({ pool, algorithm, available }) => `${pool} ${algorithm} ${available}`);

    test("a batch takes the oldest keys, across files, and the next one those behind them", async () => {
      const lease = await world.plannedLot(ledger, "L1", ["a", "b", "c", "d", "e"]);
      const first = await claim(lease, 2);
      const second = await claim(lease, 3);
      const take = { algorithm: "rsa-2048" };
      expect(await ledger.poolKeysOf(first)).toEqual([{ ...take, segment: "s1", first: 0, keys: 2 }]);
      expect(await ledger.poolKeysOf(second)).toEqual([
        { ...take, segment: "s1", first: 2, keys: 1 },
        { ...take, segment: "s2", first: 0, keys: 2 },
      ]);
      expect(await left()).toEqual(["pool-1 rsa-2048 2", "pool-1 rsa-4096 9", "pool-2 rsa-2048 9"]);
    });

    test("a batch gets as many keys as there are, and one that does not ask gets none", async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `d${index}`);
      const lease = await world.plannedLot(ledger, "L1", ids);
      const first = await claim(lease, 9);
      expect((await ledger.poolKeysOf(first)).map(({ keys }) => keys)).toEqual([3, 4]);
      expect(await ledger.poolKeysOf(await claim(lease, 1))).toEqual([]);
      const { batch } = await world.reserveNext(ledger, lease);
      expect(await ledger.poolKeysOf(batch)).toEqual([]);
    });

    test("devices that keep their own keys take none", async () => {
      const lease = await world.withLotLease(ledger, "L1");
      const own = { ...world.device("own", 2), certificateRequest: "a request" };
      const decisions = [world.mintOne(own), ...world.mintAll(["a", "b"], 3)];
      await ledger.absorbManifest(lease, world.manifest(), world.inBatches({ decisions }));
      expect((await ledger.poolKeysOf(await claim(lease, 3))).map(({ keys }) => keys)).toEqual([2]);
    });

    test("keys of a void batch are never handed out again", async () => {
      const lease = await world.plannedLot(ledger, "L1", ["a", "b"]);
      const first = await claim(lease, 2);
      await ledger.voidBatch(lease, first);
      const second = await claim(lease, 2);
      expect((await ledger.poolKeysOf(second)).map(({ segment, first }) => [segment, first])).toEqual([
        ["s1", 2],
        ["s2", 0],
      ]);
    });

    test("a batch that is refused takes nothing", async () => {
      const lease = await world.plannedLot(ledger, "L1", ["a"]);
      const taken = world.serialNumber();
      await ledger.reserveSerial({ serialNumber: taken, issuer: "line-3", subject: "CN=x" });
      const refused = ledger.claimBatch(lease, { issuer: "line-3", serialNumbers: [taken], keys: POOL });
      await expect(refused).rejects.toMatchObject({ code: "state-damaged" });
      expect((await left())[0]).toBe("pool-1 rsa-2048 7");
    });

    test("keys are to be wiped once their batch is decided, until that is recorded", async () => {
      const lease = await world.plannedLot(ledger, "L1", ["a", "b", "c", "d"]);
      const [first, second] = [await claim(lease, 1), await claim(lease, 2)];
      expect(await ledger.unwipedTakes(POOL.pool)).toEqual([]);
      await ledger.commitWiped(POOL.pool, [first]);
      await mint(lease, first);
      expect((await ledger.unwipedTakes(POOL.pool)).map(({ batch }) => batch)).toEqual([first]);
      expect(await ledger.unwipedTakes("pool-2")).toEqual([]);
      await ledger.voidBatch(lease, second);
      expect((await ledger.poolSegments())[0]).toMatchObject({ segment: "s1", taken: 3, spent: false });
      for (let again = 0; again < 2; again++) await ledger.commitWiped(POOL.pool, [first, second]);
      expect(await ledger.unwipedTakes(POOL.pool)).toEqual([]);
      expect((await ledger.poolSegments())[0]).toMatchObject({ segment: "s1", taken: 3, spent: true });
    });

    test("a file that is gone hands out nothing any more, and is not counted", async () => {
      for (let again = 0; again < 2; again++) await ledger.retirePoolSegments(["s1", "never was"]);
      const lease = await world.plannedLot(ledger, "L1", ["a"]);
      expect((await ledger.poolKeysOf(await claim(lease, 1))).map(({ segment }) => segment)).toEqual(["s2"]);
      expect((await ledger.poolSegments()).map(({ segment }) => segment)).not.toContain("s1");
      expect((await left())[0]).toBe("pool-1 rsa-2048 3");
    });

    test("a file is recorded once", async () => {
      const again = ledger.addPoolSegment({ ...POOL, segment: "s1", keys: 3 });
      await expect(again).rejects.toMatchObject({ code: "state-damaged" });
    });

    test("a key that another certificate from a pool has, in the same batch or before, is refused, and nothing is minted", async () => {
      const lease = await world.plannedLot(ledger, "L1", ["a", "b", "c"]);
      const first = await claim(lease, 1);
      await mint(lease, first);
      const second = await claim(lease, 2);
      const same = () => world.digest("one for all");
      await expect(mint(lease, second, same)).rejects.toMatchObject({ code: "state-damaged" });
      const before = (id: string) => world.digest(id === "b" ? "key of a" : "key of c");
      await expect(mint(lease, second, before)).rejects.toMatchObject({
        code: "state-damaged",
        message: expect.stringContaining("another certificate"),
      });
      expect((await ledger.countByStage("L1")).reserved).toBe(2);
      await mint(lease, second);
      expect((await ledger.countByStage("L1")).minted).toBe(3);
    });

    test("a remint takes keys too, as many as it says", async () => {
      const lease = await world.listedLot(ledger, "L1", ["a", "b"]);
      const devices = ["a", "b"].map((externalId) => ({ externalId, serialNumber: world.serialNumber() }));
      const order = { reason: "superseded", register: false, push: false } as const;
      const batch = await ledger.reserveRemint(lease, {
        issuer: "line-3",
        devices,
        ...order,
        keys: { ...POOL, wanted: 1 },
      });
      expect((await ledger.poolKeysOf(batch)).map(({ segment, keys }) => [segment, keys])).toEqual([["s1", 1]]);
    });

    test("filling, wiping and the end of a file each stand in the site's chain of events, and saying it again does not", async () => {
      const heads = [await ledger.head()];
      const lease = await world.plannedLot(ledger, "L1", ["a"]);
      const batch = await claim(lease, 1);
      await mint(lease, batch);
      const steps = [
        () => ledger.addPoolSegment({ ...POOL, segment: "s3", keys: 1 }),
        () => ledger.commitWiped(POOL.pool, [batch]),
        () => ledger.retirePoolSegments(["s2"]),
      ];
      for (const step of steps) {
        await step();
        heads.push(await ledger.head());
      }
      expect(new Set(heads.map((head) => head?.digest)).size).toBe(heads.length);
      await ledger.commitWiped(POOL.pool, [batch]);
      await ledger.retirePoolSegments(["s2"]);
      expect(await ledger.head()).toEqual(heads.at(-1));
      await ledger.verifyEvents();
    });
  });
}
