import { beforeEach, describe, expect, test } from "vitest";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

export function pushesContract(open: LedgerFactory): void {
  describe("pushes", () => {
    let ledger: Ledger;
    let serials: readonly string[];

    beforeEach(async () => {
      ({ ledger } = await open(() => 1000));
      const lease = await world.listedLot(ledger, "L1", ["a", "b", "c"]);
      await ledger.revokeDevices(lease, { reason: "superseded", externalIds: ["a", "b", "c"] });
      serials = (await world.collect(ledger.revokedSerials("line-3"))).map(({ serialNumber }) => serialNumber);
    });

    async function unpushed(platform: string, after = "", limit = 9): Promise<readonly string[]> {
      const found = await ledger.unpushedSerials({ issuer: "line-3", platform, after, limit });
      return found.map(({ serialNumber }) => serialNumber);
    }

    test("serial numbers come in the order of the list, so many at a time, each with its date", async () => {
      expect(await unpushed("P", "", 2)).toEqual(serials.slice(0, 2));
      expect(await unpushed("P", serials[1], 2)).toEqual(serials.slice(2));
      const [first] = await ledger.unpushedSerials({ issuer: "line-3", platform: "P", after: "", limit: 1 });
      expect(first).toEqual({ serialNumber: serials[0], revokedAtMs: 1000, reason: "superseded" });
    });

    test("only an answer counts, and only for the platform that gave it", async () => {
      const sent = serials.slice(0, 2);
      for (const kind of ["refused", "unknown"] as const) {
        const push = await ledger.openPush({ issuer: "line-3", platform: "P", serialNumbers: sent });
        await ledger.closePush(push, { kind, message: "no", serialNumbers: sent });
        expect(await unpushed("P")).toEqual(serials);
      }
      const push = await ledger.openPush({ issuer: "line-3", platform: "P", serialNumbers: sent });
      await ledger.closePush(push, { kind: "answered", serialNumbers: sent });
      expect(await unpushed("P")).toEqual(serials.slice(2));
      expect(await unpushed("sandbox")).toEqual(serials);
      expect(await ledger.countUnpushed("line-3")).toBe(1);
      await expect(ledger.closePush(push, { kind: "answered", serialNumbers: sent })).rejects.toMatchObject({
        code: "state-damaged",
      });
    });

    test("a push that a kill left open is sent again", async () => {
      await ledger.openPush({ issuer: "line-3", platform: "P", serialNumbers: serials });
      expect(await unpushed("P")).toEqual(serials);
      const push = await ledger.openPush({ issuer: "line-3", platform: "P", serialNumbers: serials });
      await ledger.closePush(push, { kind: "answered", serialNumbers: serials });
      expect(await unpushed("P")).toEqual([]);
    });

    test("what another tool signed is not pushed: its serial number may be another authority's", async () => {
      const theirs = { serialNumber: "1000", subject: "CN=y", notAfterMs: null, sha256: null, publicKeySha256: null };
      await ledger.adoptCertificates("line-3", [{ ...theirs, revoked: { atMs: 1, reason: "superseded" } }]);
      expect(await unpushed("P")).toEqual(serials);
    });
  });
}
