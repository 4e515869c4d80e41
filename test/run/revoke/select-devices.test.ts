import { expect, test } from "vitest";
import type { CertifiedDevice } from "../../../src/ledger/revoking.ts";
import { selectIds } from "../../../src/run/revoke/select-devices.ts";

/** Ids `L1-…` and `L2-…` are of these lots; of each lot the first is revoked and the second has no certificate. */
function makeLedger() {
  const asked: number[] = [];
  const certifiedDevices = async (externalIds: readonly string[]): Promise<readonly CertifiedDevice[]> => {
    asked.push(externalIds.length);
    return externalIds.flatMap((externalId) => {
      const [lot = "", number] = externalId.split("-");
      if (!/^L[12]$/.test(lot)) return [];
      const isMinted = number !== "1";
      const own = isMinted ? { serialNumber: "40", issuer: `issuer of ${lot}` } : { serialNumber: null, issuer: null };
      return [{ externalId, lot, stage: "minted", revoked: number === "0", ...own }];
    });
  };
  return { asked, certifiedDevices };
}

const idsOf = (lot: string, count: number) => Array.from({ length: count }, (_, index) => `${lot}-${index}`);

test("of a long list each id counts once, wherever it comes again, and some thousands are looked up together", async () => {
  const ledger = makeLedger();
  const [first, second] = [idsOf("L1", 12_000), idsOf("L2", 3)];
  const selected = await selectIds(ledger, [first.slice(0, 7000), first.slice(6000), second, first]);
  expect(selected).toMatchObject({
    devices: 11_999,
    alreadyRevoked: 2,
    withoutCertificate: ["L1-1", "L2-1"],
    issuers: new Set(["issuer of L1", "issuer of L2"]),
  });
  expect(Object.fromEntries(selected.lots)).toEqual({
    L1: { devices: 11_998, first: idsOf("L1", 12).slice(2) },
    L2: { devices: 1, first: ["L2-2"] },
  });
  expect([...(selected.externalIds ?? [])]).toEqual([...first, ...second]);
  expect(ledger.asked).toEqual([5000, 5000, 2003]);
});

test("ids that differ only by case are two devices", async () => {
  const ledger = { certifiedDevices: async (ids: readonly string[]) => ids.map((id) => device(id)) };
  expect([...((await selectIds(ledger, [["sn-1", "SN-1"]])).externalIds ?? [])]).toEqual(["sn-1", "SN-1"]);
});

function device(externalId: string): CertifiedDevice {
  return { externalId, lot: "L1", stage: "minted", serialNumber: "40", issuer: "line", revoked: false };
}

test("unknown ids are all told by their number, the first by name, and one that is no id at all is unknown too", async () => {
  const unknown = [...idsOf("L3", 7000), "x".repeat(100_000)];
  await expect(selectIds(makeLedger(), [idsOf("L1", 3), unknown])).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(/^no lot has devices "L3-0", .*"L3-9" and 6991 more; nothing was done$/),
  });
  await expect(selectIds(makeLedger(), [[`x${"y".repeat(100_000)}`]])).rejects.toMatchObject({ code: "usage" });
});
