import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

export function publicKeysContract(open: LedgerFactory): void {
  describe("public keys", () => {
    let ledger: Ledger;

    beforeEach(async () => {
      ({ ledger } = await open(() => Date.UTC(2026, 10, 23)));
    });

    /** The digests that `world.mintLot` has given these devices' keys. */
    async function keysOf(lot: string): Promise<ReadonlyMap<string, string>> {
      const minted = await world.collect(ledger.mintedDevices(lot));
      return new Map(minted.map(({ externalId, publicKeySha256 }) => [externalId, publicKeySha256]));
    }

    test("the holder of a public key is found in any lot and batch, and nobody for a key that nobody has", async () => {
      const first = await world.plannedLot(ledger, "L1", ["a", "b", "c"]);
      for (let batch = 0; batch < 3; batch++) {
        const { batch: number, devices } = await world.reserveNext(ledger, first, 1);
        const certificates = devices.map((one) => world.certificateOf(one.externalId, one.serialNumber));
        await ledger.commitMinted(first, number, certificates);
      }
      await world.mintLot(ledger, await world.plannedLot(ledger, "L2", ["d"]));
      const b = (await keysOf("L1")).get("b") ?? "";
      const d = (await keysOf("L2")).get("d") ?? "";
      const holders = await ledger.publicKeyHolders([world.digest("nobody's"), d, b]);
      expect(holders.toSorted((one, other) => ((one.lot ?? "") < (other.lot ?? "") ? -1 : 1))).toEqual([
        { publicKeySha256: b, issuer: "line-3", lot: "L1", externalId: "b", subject: null },
        { publicKeySha256: d, issuer: "line-3", lot: "L2", externalId: "d", subject: null },
      ]);
      expect(await ledger.publicKeyHolders([])).toEqual([]);
    });

    test("many keys at a time give the same answer as one at a time", async () => {
      const ids = Array.from({ length: 40 }, (_, index) => `d${index}`);
      await world.mintLot(ledger, await world.plannedLot(ledger, "L1", ids));
      const keys = [...(await keysOf("L1")).values()];
      const together = await ledger.publicKeyHolders([...keys, world.digest("nobody's")]);
      const alone = (await Promise.all(keys.map((key) => ledger.publicKeyHolders([key])))).flat();
      expect(together).toHaveLength(40);
      expect(new Set(together.map((holder) => JSON.stringify(holder)))).toEqual(
        new Set(alone.map((holder) => JSON.stringify(holder))),
      );
    });

    test("an authority's key and one that another tool certified are found, with no lot", async () => {
      const serialNumber = world.serialNumber();
      await ledger.reserveSerial({ serialNumber, issuer: "root", subject: "CN=line-3" });
      const { externalId: _id, files: _files, ...authority } = world.certificateOf("line-3", serialNumber);
      await ledger.recordCertificate(authority);
      const foreign = { subject: "CN=old", notAfterMs: null, sha256: world.digest("x"), revoked: null };
      await ledger.adoptCertificates("old-ca", [
        { ...foreign, serialNumber: "01", publicKeySha256: world.digest("k") },
      ]);
      expect(await ledger.publicKeyHolders([authority.publicKeySha256, world.digest("k")])).toEqual([
        {
          publicKeySha256: authority.publicKeySha256,
          issuer: "root",
          lot: null,
          externalId: null,
          subject: "CN=line-3",
        },
        { publicKeySha256: world.digest("k"), issuer: "old-ca", lot: null, externalId: null, subject: "CN=old" },
      ]);
    });
  });
}
