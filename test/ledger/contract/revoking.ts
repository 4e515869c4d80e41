import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LotLease } from "../../../src/ledger/locks.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

export function revokingContract(open: LedgerFactory): void {
  describe("revoking", () => {
    const START_MS = Date.UTC(2026, 10, 23);
    let nowMs = START_MS;
    let ledger: Ledger;
    let lease: LotLease;

    beforeEach(async () => {
      nowMs = START_MS;
      ({ ledger } = await open(() => nowMs));
      lease = await world.listedLot(ledger, "L1", ["a", "b", "c"]);
    });

    async function serialOf(externalId: string): Promise<string> {
      const [device] = await ledger.certifiedDevices([externalId]);
      return device?.serialNumber ?? "";
    }

    test("a revoked device has its stage, its certificate's state and a record of when and why", async () => {
      const serialNumber = await serialOf("a");
      nowMs += 5000;
      expect(await ledger.revokeDevices(lease, { reason: "keyCompromise", externalIds: ["a"] })).toBe(1);
      expect(await ledger.certificate(serialNumber)).toMatchObject({ state: "revoked" });
      expect(await ledger.countByStage("L1")).toMatchObject({ listed: 2, revoked: 1 });
      expect(await world.collect(ledger.revokedSerials("line-3"))).toEqual([
        { serialNumber, revokedAtMs: nowMs, reason: "keyCompromise" },
      ]);
      expect(await ledger.parts("L1")).toMatchObject([{ rows: 3, open: 2 }]);
    });

    test("revoking again, and devices without a certificate, change nothing", async () => {
      await ledger.absorbManifest(lease, world.manifest(), world.inBatches({ decisions: world.mintAll(["d"], 9) }));
      await ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["a"] });
      const head = (await ledger.head("L1"))?.digest;
      nowMs += 5000;
      expect(await ledger.revokeDevices(lease, { reason: "keyCompromise", externalIds: ["a", "d", "none"] })).toBe(0);
      expect((await ledger.head("L1"))?.digest).toBe(head);
      expect((await world.collect(ledger.revokedSerials("line-3"))).map(({ reason }) => reason)).toEqual([
        "superseded",
      ]);
    });

    test("its id is free for another lot, which knows that the platform may have it from us", async () => {
      const upload = await ledger.openUpload(lease, { part: 1, externalIds: ["a", "b", "c"] });
      await ledger.closeUpload(lease, upload, { kind: "answered", confirmed: ["a", "b", "c"], rejected: [] });
      await ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["a"] });
      await world.listedLot(ledger, "L2", ["a", "x"]);
      expect(await ledger.partDevices("L2", 1)).toMatchObject([
        { externalId: "a", sentBefore: true },
        { externalId: "x", sentBefore: false },
      ]);
      expect(await ledger.certifiedDevices(["a"])).toMatchObject([{ lot: "L2", revoked: false }]);
    });

    test("of an id that lives nowhere the last revoked one is told, and of unknown ones nothing", async () => {
      const first = await serialOf("a");
      await ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["a"] });
      const other = await world.listedLot(ledger, "L2", ["a"]);
      const second = await serialOf("a");
      await ledger.revokeDevices(other, { reason: "superseded", externalIds: ["a"] });
      expect(second).not.toBe(first);
      expect(await ledger.certifiedDevices(["a", "nobody"])).toEqual([
        { externalId: "a", lot: "L2", stage: "revoked", serialNumber: second, issuer: "line-3", revoked: true },
      ]);
    });

    test("the devices of a lot that can be revoked are counted, and the first shown in manifest order", async () => {
      await ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["b"] });
      await ledger.absorbManifest(lease, world.manifest(), world.inBatches({ decisions: world.mintAll(["d"], 9) }));
      expect(await ledger.revocableDevices("L1", 9)).toEqual({ devices: 2, issuers: ["line-3"], first: ["a", "c"] });
      expect(await ledger.revocableDevices("L1", 1)).toMatchObject({ devices: 2, first: ["a"] });
      expect(await ledger.revocableDevices("L9", 9)).toEqual({ devices: 0, issuers: [], first: [] });
    });

    async function revokeLot(of: LotLease, perCommit: number): Promise<readonly number[]> {
      const counts: number[] = [];
      for await (const count of ledger.revokeLot(of, { reason: "keyCompromise", perCommit })) counts.push(count);
      return counts;
    }

    test("a lot is revoked whole, so many devices a commit, and what has no certificate or was revoked stays", async () => {
      const other = await world.listedLot(ledger, "L2", ["x"]);
      await ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["b"] });
      await ledger.absorbManifest(
        lease,
        world.manifest(),
        world.inBatches({ decisions: world.mintAll(["d", "e", "f", "g"], 9) }),
      );
      expect(await revokeLot(lease, 1)).toEqual([1, 1]);
      expect(await ledger.countByStage("L1")).toMatchObject({ planned: 4, revoked: 3 });
      await world.mintLot(ledger, lease);
      nowMs += 5000;
      expect(await revokeLot(lease, 3)).toEqual([3, 1]);
      expect(await revokeLot(lease, 3)).toEqual([]);
      expect(await ledger.countByStage("L1")).toMatchObject({ planned: 0, revoked: 7 });
      expect(await ledger.countByStage("L2")).toMatchObject({ revoked: 0 });
      const list = await world.collect(ledger.revokedSerials("line-3"));
      expect(list.map(({ reason }) => reason).toSorted()).toEqual([
        ...Array.from({ length: 6 }, () => "keyCompromise"),
        "superseded",
      ]);
      expect(list.filter(({ revokedAtMs }) => revokedAtMs === nowMs).length).toBe(4);
      // The ids are free, and each serial number stands in an event.
      await world.listedLot(ledger, "L3", ["a", "g"]);
      await ledger.verifyEvents();
      await ledger.releaseLot(other, 0);
    });

    test("rows of one manifest line, as two manifests give them, are none of them passed over", async () => {
      const ids = Array.from({ length: 7 }, (_, index) => `m${index}`);
      for (const id of ids) {
        await ledger.absorbManifest(lease, world.manifest(), world.inBatches({ decisions: world.mintAll([id], 3) }));
      }
      await world.mintLot(ledger, lease);
      expect(await revokeLot(lease, 2)).toEqual([2, 2, 2, 2, 2]);
      expect(await ledger.countByStage("L1")).toMatchObject({ revoked: 10 });
    });

    test("a run that loses the lot in the middle of revoking it stops there", async () => {
      const revoking = ledger.revokeLot(lease, { reason: "superseded", perCommit: 1 })[Symbol.asyncIterator]();
      expect(await revoking.next()).toMatchObject({ value: 1 });
      await ledger.releaseLot(lease, 0);
      await expect(revoking.next()).rejects.toMatchObject({ code: "lot-held" });
      expect(await ledger.countByStage("L1")).toMatchObject({ revoked: 1 });
    });

    test("a certificate outside lots is revoked once, and a device's not this way", async () => {
      const serialNumber = world.serialNumber();
      const { sha256, publicKeySha256, notAfterMs } = world.certificateOf("", serialNumber);
      await ledger.reserveSerial({ serialNumber, issuer: "root", subject: "CN=line-3" });
      await ledger.recordCertificate({ serialNumber, sha256, publicKeySha256, notAfterMs });
      expect(await ledger.isRevoked({ serialNumber, sha256 })).toBe(false);
      expect(await ledger.revokeCertificate({ serialNumber, reason: "cACompromise" })).toBe(true);
      expect(await ledger.revokeCertificate({ serialNumber, reason: "superseded" })).toBe(false);
      expect(await ledger.isRevoked({ serialNumber, sha256 })).toBe(true);
      expect(await ledger.isRevoked({ serialNumber, sha256: world.digest("another") })).toBe(false);
      expect(await ledger.revokeCertificate({ serialNumber: await serialOf("a"), reason: "superseded" })).toBe(false);
    });

    test("a certificate of another tool that was revoked there counts as revoked", async () => {
      const [serialNumber, sha256] = ["1001", world.digest("theirs")];
      const theirs = { serialNumber, subject: "CN=x", notAfterMs: null, sha256, publicKeySha256: null };
      await ledger.adoptCertificates("line-3", [{ ...theirs, revoked: { atMs: 1000, reason: "superseded" } }]);
      expect(await ledger.isRevoked({ serialNumber, sha256 })).toBe(true);
    });

    test("a run that has lost the lot revokes nothing", async () => {
      await ledger.releaseLot(lease, 0);
      const revoking = ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["a"] });
      await expect(revoking).rejects.toMatchObject({ code: "lot-held" });
      expect(await ledger.countByStage("L1")).toMatchObject({ revoked: 0 });
    });
  });
}
