import { generateKeyPairSync, hash, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import type { PlannedDevice } from "../../src/ledger/minting.ts";
import type { KeyHolder } from "../../src/ledger/serials.ts";
import type { DeviceReject } from "../../src/ledger/submission.ts";
import { rejectTakenKeys } from "../../src/plan/reject-taken-keys.ts";
import { makeRequestPem, spkiOf } from "../fixtures/make-request.ts";

const LEASE = { lot: "L1", run: 1, fence: 1 };

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function planned(externalId: string, key?: KeyObject): PlannedDevice {
  const device = { externalId, line: 2, subject: [{ attribute: "CN", value: externalId }] as const };
  return key === undefined ? device : { ...device, certificateRequest: makeRequestPem({ key }) };
}

function ledgerWith(holders: readonly KeyHolder[]) {
  const rejects: DeviceReject[] = [];
  return {
    rejects,
    publicKeyHolders: async () => holders,
    rejectDevices: async (_hold: unknown, told: readonly DeviceReject[]) => {
      rejects.push(...told);
    },
  };
}

test("a device whose key was certified for another one meanwhile is rejected, the others go on", async () => {
  const key = newKey();
  const ledger = ledgerWith([
    { publicKeySha256: hash("sha256", spkiOf(key)), issuer: "line-3", lot: "L2", externalId: "z", subject: null },
  ]);
  const devices = [planned("a", key), planned("b", newKey()), planned("c")];
  const left = await rejectTakenKeys(ledger, LEASE, devices, new Map());
  expect(left.map(({ externalId }) => externalId)).toEqual(["b", "c"]);
  expect(ledger.rejects).toEqual([
    { externalId: "a", reason: 'csr: its key is that of device "z" of lot "L2"; each device needs one of its own' },
  ]);
});

test("two planned devices with one key, in one batch or in two, do not both get a certificate", async () => {
  const [one, other] = [newKey(), newKey()];
  const ledger = ledgerWith([]);
  const inHand = new Map<string, string>();
  const first = await rejectTakenKeys(
    ledger,
    LEASE,
    [planned("a", one), planned("b", one), planned("c", other)],
    inHand,
  );
  const second = await rejectTakenKeys(ledger, LEASE, [planned("d", other), planned("a", one)], inHand);
  expect(first.map(({ externalId }) => externalId)).toEqual(["a", "c"]);
  expect(second.map(({ externalId }) => externalId)).toEqual(["a"]);
  expect(ledger.rejects.map(({ externalId }) => externalId)).toEqual(["b", "d"]);
});

test("a request that does not pass any more is rejected with its problem", async () => {
  const ledger = ledgerWith([]);
  const weak = { ...planned("a"), certificateRequest: makeRequestPem({ key: newKey(), spki: spkiOf(newKey()) }) };
  expect(await rejectTakenKeys(ledger, LEASE, [weak], new Map())).toEqual([]);
  expect(ledger.rejects).toEqual([
    { externalId: "a", reason: expect.stringMatching(/^csr: its signature does not fit/) },
  ]);
});
