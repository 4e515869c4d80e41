import { randomBytes, X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deviceFolder, homeLayout, lotLayout } from "../../src/disk/layout.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/sqlite/open-ledger.ts";
import { deviceJson } from "../../src/lookup/device-json.ts";
import { lookUpDevice } from "../../src/lookup/look-up-device.ts";
import { makeChain } from "../fixtures/make-chain.ts";
import * as world from "../ledger/ledger-world.ts";

async function home() {
  const root = world.temporaryFolder();
  const ledger: Ledger = await openLedger(join(root, "ledger.sqlite"), { now: Date.now });
  onTestFinished(() => ledger.close());
  return { layout: homeLayout(root), ledger };
}

function chainOf(): X509Certificate {
  const [leaf] = makeChain([{ serial: randomBytes(8).fill(1, 0, 1) }, {}], Date.now());
  if (leaf === undefined) throw new Error("no certificate was made");
  return new X509Certificate(leaf.raw);
}

test("a serial number that is being made finds its device, and stands apart from its certificates", async () => {
  const { layout, ledger } = await home();
  const lease = await world.plannedLot(ledger, "L1", ["a"]);
  const { devices } = await world.reserveNext(ledger, lease);
  const serialNumber = devices[0]?.serialNumber ?? "";
  const [found, ...others] = await lookUpDevice(ledger, layout, { by: "serial", serialNumber });
  expect(others).toEqual([]);
  expect(found && deviceJson(found)).toMatchObject({
    id: "a",
    stage: "reserved",
    certificates: [],
    reserved: [serialNumber],
  });
});

test("an id that looks like a serial number is an id first", async () => {
  const { layout, ledger } = await home();
  const lease = await world.plannedLot(ledger, "L1", ["a"]);
  const { devices } = await world.reserveNext(ledger, lease);
  const text = devices[0]?.serialNumber ?? "";
  const question = { by: "any", text } as const;
  expect(await lookUpDevice(ledger, layout, question)).toMatchObject([{ externalId: "a" }]);
  await world.plannedLot(ledger, "L2", [text]);
  expect(await lookUpDevice(ledger, layout, question)).toMatchObject([{ externalId: text, lot: "L2" }]);
});

test("where the ledger does not know the begin of a validity, the file tells it, if it is that certificate", async () => {
  const { layout, ledger } = await home();
  const [certificate, other] = [chainOf(), chainOf()];
  const lease = await world.plannedLot(ledger, "L1", ["a"]);
  const { batch, devices } = await world.reserveNext(ledger, lease);
  const sha256 = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  const minted = devices.map((one) => ({ ...world.certificateOf(one.externalId, one.serialNumber), sha256 }));
  await ledger.commitMinted(lease, batch, minted);
  const begin = async () => {
    const [found] = await lookUpDevice(ledger, layout, { by: "id", id: "a" });
    return found?.certificates.map(({ notBeforeMs }) => notBeforeMs);
  };
  expect(await begin()).toEqual([null]);
  const folder = deviceFolder(lotLayout(layout, "L1"), "a");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "certificate.pem"), other.toString());
  expect(await begin()).toEqual([null]);
  writeFileSync(join(folder, "certificate.pem"), certificate.toString());
  expect(await begin()).toEqual([Date.parse(certificate.validFrom)]);
});
