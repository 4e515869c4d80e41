import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { currentLockOwner } from "../../../src/ledger/lock-owner.ts";
import type { LotLease } from "../../../src/ledger/locks.ts";
import type { NewRemint } from "../../../src/ledger/reminting.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

export function remintingContract(open: LedgerFactory): void {
  describe("reminting", () => {
    const NOW_MS = Date.UTC(2026, 10, 23);
    let ledger: Ledger;
    let lease: LotLease;

    beforeEach(async () => {
      ({ ledger } = await open(() => NOW_MS));
      lease = await world.listedLot(ledger, "L1", ["a", "b", "c"]);
      const upload = await ledger.openUpload(lease, { part: 1, externalIds: ["a", "b", "c"] });
      await ledger.closeUpload(lease, upload, { kind: "answered", confirmed: ["a", "b", "c"], rejected: [] });
    });

    async function serialOf(externalId: string): Promise<string> {
      return (await ledger.certifiedDevices([externalId]))[0]?.serialNumber ?? "";
    }

    async function reserve(ids: readonly string[], options: Partial<NewRemint> = {}) {
      const devices = ids.map((externalId) => ({ externalId, serialNumber: world.serialNumber() }));
      const settings = { reason: "superseded", register: false, push: true } as const;
      return {
        batch: await ledger.reserveRemint(lease, { issuer: "line-3", devices, ...settings, ...options }),
        devices,
      };
    }

    async function remint(ids: readonly string[], options: Partial<NewRemint> = {}) {
      const { batch, devices } = await reserve(ids, options);
      await ledger.commitMinted(
        lease,
        batch,
        devices.map((one) => world.certificateOf(one.externalId, one.serialNumber)),
      );
      return { batch, devices };
    }

    test("until it is committed the device keeps its certificate and its stage", async () => {
      const old = await serialOf("a");
      const { batch, devices } = await reserve(["a"]);
      expect(await ledger.countByStage("L1")).toMatchObject({ confirmed: 3 });
      expect(await serialOf("a")).toBe(old);
      expect(await ledger.openBatches("L1")).toEqual([
        {
          number: batch,
          state: "reserved",
          place: currentLockOwner().host,
          devices: [{ ...devices[0], replaces: old }],
        },
      ]);
      await ledger.voidBatch(lease, batch);
      expect(await ledger.certificate(devices[0]?.serialNumber ?? "")).toMatchObject({ state: "abandoned" });
      expect(await ledger.certificate(old)).toMatchObject({ state: "issued" });
      expect(await ledger.openRemints("L1")).toEqual([]);
      await ledger.verifyEvents();
    });

    test("the commit makes the new one live and revokes the old one, with the reason", async () => {
      const old = await serialOf("a");
      const { batch, devices } = await remint(["a"], { reason: "keyCompromise" });
      expect(await serialOf("a")).toBe(devices[0]?.serialNumber);
      expect(await ledger.certificate(old)).toMatchObject({ state: "revoked" });
      expect(await world.collect(ledger.revokedSerials("line-3"))).toMatchObject([
        { serialNumber: old, reason: "keyCompromise", revokedAtMs: NOW_MS },
      ]);
      // Its row on the platform says nothing of the certificate, and stays as it is.
      expect(await ledger.partDevices("L1", 1)).toMatchObject([{ externalId: "a", stage: "confirmed" }, {}, {}]);
      await ledger.commitPlaced(lease, batch);
      expect(await ledger.countReworks("L1")).toBe(1);
      expect(await ledger.countLotCertificates("L1")).toEqual({ issued: 4, revoked: 1, abandoned: 0 });
      await ledger.verifyEvents();
    });

    test("with its row to be sent again it is listed anew, once its folder is placed", async () => {
      const { batch } = await remint(["b"], { register: true });
      expect(await ledger.unlistedDevices("L1", 9)).toEqual([]);
      await ledger.commitPlaced(lease, batch);
      expect((await ledger.unlistedDevices("L1", 9)).map(({ externalId }) => externalId)).toEqual(["b"]);
      expect((await ledger.partDevices("L1", 1)).map(({ externalId }) => externalId)).toEqual(["a", "c"]);
    });

    test("it stays open until it is closed, and a batch of new devices is none", async () => {
      const old = await serialOf("a");
      const { batch, devices } = await remint(["a"]);
      const serialNumber = devices[0]?.serialNumber;
      expect(await ledger.openRemints("L1")).toEqual([
        { batch, push: true, devices: [{ externalId: "a", serialNumber, replaces: old, issuer: "line-3" }] },
      ]);
      await ledger.commitPlaced(lease, batch);
      await ledger.closeRemint(lease, batch);
      const head = await ledger.head("L1");
      await ledger.closeRemint(lease, batch);
      expect([await ledger.openRemints("L1"), await ledger.head("L1")]).toEqual([[], head]);
    });

    test("a revoked device takes its id back, unless another lot has it", async () => {
      await ledger.revokeDevices(lease, { reason: "privilegeWithdrawn", externalIds: ["a", "b"] });
      const { batch } = await reserve(["a"]);
      await ledger.voidBatch(lease, batch);
      expect(await ledger.countLive("L1")).toBe(1);
      await remint(["a"]);
      expect(await ledger.countByStage("L1")).toMatchObject({ minted: 1, confirmed: 1, revoked: 1 });
      expect(await ledger.countLive("L1")).toBe(2);
      const reasons = (await world.collect(ledger.revokedSerials("line-3"))).map(({ reason }) => reason);
      expect(reasons.toSorted()).toEqual(["privilegeWithdrawn", "privilegeWithdrawn", "unspecified"]);

      await world.plannedLot(ledger, "L2", ["b"]);
      await expect(reserve(["b"])).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("L2") });
    });

    test("devices without a certificate, and one that stands twice, are refused and nothing is reserved", async () => {
      await ledger.absorbManifest(
        lease,
        world.manifest("mended"),
        world.inBatches({ decisions: world.mintAll(["d"], 9) }),
      );
      await expect(reserve(["a", "d"])).rejects.toMatchObject({ code: "state-damaged" });
      await expect(reserve(["a", "a"])).rejects.toMatchObject({ code: "state-damaged" });
      expect(await ledger.openBatches("L1")).toEqual([]);
      expect(await ledger.remintDevices("L1", ["a", "d", "x"])).toMatchObject([{ externalId: "a" }]);
    });

    test("a changed subject waits for the next certificate, and goes with it", async () => {
      const wish = {
        ...world.device("a", 2),
        subject: [
          { attribute: "CN", value: "a" },
          { attribute: "O", value: "New" },
        ],
      } as const;
      const change = { kind: "needs-remint", device: wish, subjectDigest: "new" } as const;
      const register = { kind: "register", device: wish, registrationDigest: "other" } as const;
      await ledger.absorbManifest(lease, world.manifest("mended"), world.inBatches({ decisions: [change, register] }));
      expect(await ledger.subjectChanges("L1", 9)).toEqual({ count: 1, first: ["a"] });
      expect(await ledger.remintDevices("L1", ["a"])).toMatchObject([{ subject: wish.subject }]);
      const { batch } = await remint(["a"]);
      await ledger.commitPlaced(lease, batch);
      expect(await ledger.subjectChanges("L1", 9)).toEqual({ count: 0, first: [] });
      expect(await ledger.knownDevices("L1", ["a"])).toMatchObject([{ subjectDigest: "new" }]);
    });

    test("of the devices whose subject has changed as many are named as are asked for, and all are counted", async () => {
      const decisions = ["a", "b"].map((id, index) => {
        const subject = [{ attribute: "CN", value: id.toUpperCase() }] as const;
        return {
          kind: "needs-remint",
          device: { ...world.device(id, index + 2), subject },
          subjectDigest: "new",
        } as const;
      });
      await ledger.absorbManifest(lease, world.manifest("mended"), world.inBatches({ decisions }));
      expect(await ledger.subjectChanges("L1", 1)).toEqual({ count: 2, first: ["a"] });
      expect(await ledger.subjectChanges("L1", 0)).toEqual({ count: 2, first: [] });
    });

    test("a row that takes its change back leaves nothing to remint", async () => {
      const other = { ...world.device("a", 2), subject: [{ attribute: "CN", value: "A" }] } as const;
      const wish = { kind: "needs-remint", device: other, subjectDigest: "new" } as const;
      const back = [
        { kind: "keep", externalId: "a", line: 2 },
        { kind: "register", device: world.device("a", 2, "renamed"), registrationDigest: "x" },
      ] as const;
      for (const decision of back) {
        await ledger.absorbManifest(lease, world.manifest("mended"), world.inBatches({ decisions: [wish] }));
        expect(await ledger.subjectChanges("L1", 9)).toEqual({ count: 1, first: ["a"] });
        await ledger.absorbManifest(lease, world.manifest("mended"), world.inBatches({ decisions: [decision] }));
        expect(await ledger.subjectChanges("L1", 9)).toEqual({ count: 0, first: [] });
      }
    });

    test("a device that keeps its own key needs a new request", async () => {
      const ask = (request: string) => ({ ...world.device("k", 9), certificateRequest: request });
      const minting = { decisions: [world.mintOne(ask("first"))] };
      await ledger.absorbManifest(lease, world.manifest("mended"), world.inBatches(minting));
      await world.mintLot(ledger, lease);
      expect(await ledger.remintDevices("L1", ["a", "k"])).toMatchObject([
        { externalId: "a", lacksNewRequest: false },
        { externalId: "k", lacksNewRequest: true, certificateRequest: "first" },
      ]);
      const change = { kind: "needs-remint", device: ask("second"), subjectDigest: "new" } as const;
      await ledger.absorbManifest(lease, world.manifest("mended"), world.inBatches({ decisions: [change] }));
      expect(await ledger.remintDevices("L1", ["k"])).toMatchObject([
        { lacksNewRequest: false, certificateRequest: "second" },
      ]);
    });
  });
}
