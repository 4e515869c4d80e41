import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openSigner } from "../../src/authority/signer.ts";
import {
  batchFolder,
  deviceFolder,
  homeLayout,
  type LotLayout,
  lotLayout,
  replacedFolder,
} from "../../src/disk/layout.ts";
import { openKeyPairs } from "../../src/mint/key-pair.ts";
import { mintDevice } from "../../src/mint/mint-device.ts";
import { findForeignFiles, replaceDevices } from "../../src/mint/replace-devices.ts";
import { newSerialNumber } from "../../src/x509/serial-number.ts";
import { makeIssuer, pemOf, type TestIssuer } from "../fixtures/make-issuer.ts";

const BATCH = 3;
const ID = "SN-1";
let issuer: TestIssuer;
let root: string;
let lot: LotLayout;
let place: string;
let made: string;

beforeAll(async () => {
  issuer = await makeIssuer();
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-replace-"));
  lot = lotLayout(homeLayout(root), "L1");
  for (const folder of [lot.devices, batchFolder(lot, BATCH)]) mkdirSync(folder, { recursive: true });
  place = deviceFolder(lot, ID);
  made = join(batchFolder(lot, BATCH), ID);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A device's folder as far as replacing looks at it; gives its serial number. */
function writeDevice(folder: string, key: string): string {
  const serialNumber = newSerialNumber();
  const tools = {
    template: issuer.template,
    signer: openSigner({ kind: "key", key: issuer.key }),
    makeKeyPair: openKeyPairs("ec-p256"),
  } as const;
  const device = { externalId: ID, serialNumber, subject: [{ attribute: "CN", value: ID }], spki: null } as const;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "certificate.pem"), pemOf(mintDevice(device, tools).certificate));
  writeFileSync(join(folder, "key.pem"), key);
  return serialNumber;
}

function keyInPlace(): string {
  return readFileSync(join(place, "key.pem"), "utf8");
}

test("the new folder is in place, and nothing is left of the old one and of the batch", () => {
  const replaces = writeDevice(place, "old");
  writeDevice(made, "new");
  replaceDevices(lot, BATCH, [{ externalId: ID, replaces }]);
  expect(keyInPlace()).toBe("new");
  expect([readdirSync(lot.work), readdirSync(lot.devices)]).toEqual([[], [ID]]);
});

test("killed after the old one was moved, after the new one was, or after all of it, it is finished", () => {
  const replaces = writeDevice(place, "old");
  writeDevice(made, "new");
  const device = { externalId: ID, replaces };
  mkdirSync(lot.replaced);
  renameSync(place, replacedFolder(lot, ID, replaces));
  replaceDevices(lot, BATCH, [device]);
  expect(keyInPlace()).toBe("new");
  // The old one was not destroyed yet.
  writeDevice(replacedFolder(lot, ID, replaces), "old");
  replaceDevices(lot, BATCH, [device]);
  replaceDevices(lot, BATCH, [device]);
  expect([keyInPlace(), readdirSync(lot.work)]).toEqual(["new", []]);
});

test("a device whose folder is gone gets the new one", () => {
  writeDevice(made, "new");
  replaceDevices(lot, BATCH, [{ externalId: ID, replaces: newSerialNumber() }]);
  expect(keyInPlace()).toBe("new");
});

test("a new folder that is nowhere is missed, and the old one stays until it is there", () => {
  const replaces = writeDevice(place, "old");
  const device = { externalId: ID, replaces };
  expect(() => replaceDevices(lot, BATCH, [device])).toThrow("bring the disk back");
  expect(keyInPlace()).toBe("old");
  rmSync(place, { recursive: true });
  expect(() => replaceDevices(lot, BATCH, [device])).toThrow("bring the disk back");
});

test("a folder that holds something else is left alone, and so is the new one", () => {
  const foreign = writeDevice(place, "foreign");
  writeDevice(made, "new");
  const device = { externalId: ID, replaces: newSerialNumber() };
  expect(() => replaceDevices(lot, BATCH, [device])).toThrow(`holds the certificate with serial number ${foreign}`);
  rmSync(join(place, "certificate.pem"));
  expect(() => replaceDevices(lot, BATCH, [device])).toThrow("holds no readable certificate.pem");
  expect([keyInPlace(), existsSync(made)]).toEqual(["foreign", true]);
});

test("what hinders a device is told beforehand; its own, an empty and no folder do not", () => {
  const other = newSerialNumber();
  expect(findForeignFiles(place, other)).toBeUndefined();
  mkdirSync(place);
  expect(findForeignFiles(place, other)).toBeUndefined();
  const own = writeDevice(place, "key");
  expect(findForeignFiles(place, own)).toBeUndefined();
  expect(findForeignFiles(place, other)).toContain("move it away");
});
