import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LotLease } from "../../../src/ledger/locks.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

const BEGIN = Date.UTC(2026, 10, 23);

export function lookingUpContract(open: LedgerFactory): void {
  describe("looking up devices", () => {
    let nowMs = BEGIN;
    let ledger: Ledger;

    beforeEach(async () => {
      nowMs = BEGIN;
      ({ ledger } = await open(() => {
        nowMs += 1000;
        return nowMs;
      }));
    });

    async function account(lot: string, externalId: string) {
      const [found] = await ledger.deviceAccounts([{ lot, externalId }]);
      if (found === undefined) throw new Error(`${externalId} of ${lot} is not known`);
      return found;
    }

    const kindsOf = async (lot: string, externalId: string) =>
      (await account(lot, externalId)).events.map(({ kind }) => kind);

    /** Mints all that is planned with this begin of validity; gives the serial numbers by id. */
    async function mint(lease: LotLease, notBeforeMs?: number): Promise<ReadonlyMap<string, string>> {
      const serialNumbers = Array.from({ length: 20 }, world.serialNumber);
      const claimed = await ledger.claimBatch(lease, { issuer: "line-3", notBeforeMs, serialNumbers });
      const devices = claimed?.devices ?? [];
      const certificates = devices.map((one) => world.certificateOf(one.externalId, one.serialNumber));
      await ledger.commitMinted(lease, claimed?.batch ?? 0, certificates);
      await ledger.commitPlaced(lease, claimed?.batch ?? 0);
      return new Map(devices.map((one) => [one.externalId, one.serialNumber]));
    }

    async function remint(lease: LotLease, externalId: string): Promise<string> {
      const serialNumber = world.serialNumber();
      const wish = { reason: "superseded", register: false, push: false } as const;
      const devices = [{ externalId, serialNumber }];
      const batch = await ledger.reserveRemint(lease, { issuer: "line-4", notBeforeMs: BEGIN, devices, ...wish });
      await ledger.commitMinted(lease, batch, [world.certificateOf(externalId, serialNumber)]);
      await ledger.commitPlaced(lease, batch);
      await ledger.closeRemint(lease, batch);
      return serialNumber;
    }

    test("an id is found in every lot that has it, also revoked and rejected, and in another case only if none has it exactly", async () => {
      const first = await world.listedLot(ledger, "L1", ["a", "b"]);
      await ledger.revokeDevices(first, { reason: "keyCompromise", externalIds: ["a"] });
      const second = await world.plannedLot(ledger, "L2", ["a", "c"]);
      await ledger.rejectDevices(second, [{ externalId: "c", reason: "the platform has it" }]);
      const third = await world.plannedLot(ledger, "L3", ["c", "B"]);
      expect(third.lot).toBe("L3");
      const lots = async (...ids: string[]) =>
        (await ledger.devicesNamed(ids)).map(({ lot, externalId }) => `${lot} ${externalId}`).sort();
      expect(await lots("a")).toEqual(["L1 a", "L2 a"]);
      expect(await lots("c")).toEqual(["L2 c", "L3 c"]);
      expect(await lots("b")).toEqual(["L1 b"]);
      expect(await lots("A", "B")).toEqual(["L1 a", "L2 a", "L3 B"]);
      expect(await lots("nobody")).toEqual([]);
      expect(await ledger.devicesNamed([])).toEqual([]);
    });

    test("a planned device has its lot, stage and line, and no certificates", async () => {
      await world.plannedLot(ledger, "L1", ["a", "b"]);
      expect(await account("L1", "b")).toEqual({
        externalId: "b",
        lot: "L1",
        stage: "planned",
        line: 3,
        rejectReason: null,
        certificates: [],
        part: null,
        uploads: [],
        events: [{ atMs: expect.any(Number), kind: "manifest-absorbed" }],
      });
      expect(await ledger.deviceAccounts([{ lot: "L1", externalId: "B" }])).toEqual([]);
      expect(await ledger.deviceAccounts([])).toEqual([]);
    });

    test("every generation is told, with what became of it, and others' certificates are not", async () => {
      const lease = await world.plannedLot(ledger, "L1", ["a", "b"]);
      const voided = await world.reserveNext(ledger, lease);
      await ledger.voidBatch(lease, voided.batch);
      const abandoned = voided.devices.find(({ externalId }) => externalId === "a")?.serialNumber ?? "";
      const first = (await mint(lease, BEGIN - 300_000)).get("a") ?? "";
      const second = await remint(lease, "a");
      await ledger.revokeDevices(lease, { reason: "keyCompromise", externalIds: ["a"] });
      await ledger.absorbManifest(lease, world.manifest(), world.inBatches({ decisions: world.mintAll(["a"]) }));
      const { batch, devices } = await world.reserveNext(ledger, lease);
      const third = devices[0]?.serialNumber ?? "";
      const told = (await account("L1", "a")).certificates;
      expect(told.map(({ serialNumber, state, issuer }) => [serialNumber, state, issuer])).toEqual([
        [abandoned, "abandoned", "line-3"],
        [first, "replaced", "line-3"],
        [second, "revoked", "line-4"],
        [third, "reserved", "line-3"],
      ]);
      expect(told.map(({ ended }) => ended?.reason)).toEqual([null, "superseded", "keyCompromise", undefined]);
      expect(told.map(({ notBeforeMs }) => notBeforeMs)).toEqual([null, BEGIN - 300_000, BEGIN, null]);
      const { externalId: _id, files: _files, ...recorded } = world.certificateOf("a", first);
      expect(told[1]).toMatchObject({ ...recorded, ended: { atMs: expect.any(Number) } });
      expect(told[0]).toMatchObject({ sha256: null, publicKeySha256: null, notAfterMs: null });
      await ledger.commitMinted(lease, batch, [world.certificateOf("a", third)]);
      const after = (await account("L1", "a")).certificates;
      expect(after.map(({ state }) => state)).toEqual(["abandoned", "replaced", "revoked", "valid"]);
      expect(after.at(-1)?.ended).toBeNull();
    });

    test("the history names what happened to the device itself, in order, and nothing of other devices", async () => {
      const lease = await world.plannedLot(ledger, "L1", ["a"]);
      await mint(lease);
      await ledger.absorbManifest(
        lease,
        world.manifest("mended"),
        world.inBatches({ decisions: world.mintAll(["b"], 9) }),
      );
      await mint(lease);
      await ledger.commitPart(lease, { number: 1, sha256: world.digest("1"), paths: [] }, ["a"]);
      await ledger.commitPart(lease, { number: 2, sha256: world.digest("2"), paths: [] }, ["b"]);
      const upload = await ledger.openUpload(lease, { part: 1, externalIds: ["a"] });
      const outcome = { kind: "answered", status: 201, confirmed: ["a"], rejected: [] } as const;
      await ledger.closeUpload(lease, upload, outcome);
      await remint(lease, "a");
      await ledger.revokeDevices(lease, { reason: "keyCompromise", externalIds: ["a"] });
      const minted = ["manifest-absorbed", "batch-reserved", "batch-minted", "batch-placed"];
      expect(await kindsOf("L1", "a")).toEqual([
        ...minted,
        "manifest-absorbed",
        "part-listed",
        "upload-opened",
        "upload-closed",
        "batch-reserved",
        "batch-minted",
        "certificates-revoked",
        "batch-placed",
        "remint-done",
        "certificates-revoked",
      ]);
      expect(await kindsOf("L1", "b")).toEqual(["manifest-absorbed", ...minted, "part-listed"]);
      const times = (await account("L1", "a")).events.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((one, other) => one - other));
      expect(times[0]).toBeGreaterThan(BEGIN);
    });

    test("the part, its attempts and the platform's answers are told", async () => {
      const lease = await world.listedLot(ledger, "L1", ["a", "b", "c"]);
      const both = await ledger.openUpload(lease, { part: 1, externalIds: ["a", "b", "c"] });
      const busy = { kind: "busy", status: 429, message: "slow down", confirmed: [], rejected: [] } as const;
      await ledger.closeUpload(lease, both, busy);
      const half = await ledger.openUpload(lease, { part: 1, externalIds: ["b"] });
      const rejected = [{ externalId: "b", reason: "Invalid type" }];
      await ledger.closeUpload(lease, half, { kind: "answered", status: 201, confirmed: [], rejected });
      const other = await ledger.openUpload(lease, { part: 1, externalIds: ["c"] });
      const b = await account("L1", "b");
      expect(b).toMatchObject({ stage: "rejected", rejectReason: "Invalid type", part: { number: 1, row: 2 } });
      expect(b.uploads).toEqual([
        expect.objectContaining({ number: both, kind: "busy", status: 429, message: "slow down" }),
        expect.objectContaining({ number: half, kind: "answered", status: 201, message: null }),
      ]);
      expect((await account("L1", "a")).uploads.map(({ number }) => number)).toEqual([both]);
      expect((await account("L1", "c")).uploads.at(-1)).toMatchObject({ number: other, closedAtMs: null, kind: null });
    });

    test("several devices are told at once, in the order in which they were asked for", async () => {
      await world.listedLot(ledger, "L1", ["a", "b"]);
      await world.listedLot(ledger, "L2", ["c"]);
      const keys = [
        { lot: "L2", externalId: "c" },
        { lot: "L1", externalId: "b" },
        { lot: "L1", externalId: "c" },
        { lot: "L1", externalId: "a" },
      ];
      const told = await ledger.deviceAccounts(keys);
      expect(told.map(({ lot, externalId }) => `${lot} ${externalId}`)).toEqual(["L2 c", "L1 b", "L1 a"]);
      const alone = await Promise.all(keys.map((key) => ledger.deviceAccounts([key])));
      expect(told).toEqual(alone.flat());
    });

    test("rows that never became devices are found by id, with the reason", async () => {
      const lease = await world.withLotLease(ledger, "L1");
      const rejected = [world.rejectedRow(5, "bad id", "holds white space")];
      await ledger.absorbManifest(lease, world.manifest(), world.inBatches({ rejected }));
      expect(await ledger.rejectedRows(["bad id", "other"])).toEqual([
        { lot: "L1", externalId: "bad id", line: 5, reason: "Device ID: holds white space" },
      ]);
    });
  });
}
