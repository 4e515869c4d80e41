import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { assemblePasswords } from "../../../src/run/passwords/assemble-passwords.ts";
import { passwordWorld } from "../password-world.ts";

const lines = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n");

test("a segment that is gone is told of with how many devices and which, and what is there is listed", async () => {
  const { ledger, lease, lot, mint } = await passwordWorld(["a", "b", "c", "d"]);
  await mint(["a"], ["a,P1"]);
  await mint(["b", "c"]);
  const half = await mint(["d"], ["x,OTHER"]);
  await expect(assemblePasswords(ledger, lease, lot)).rejects.toMatchObject({
    code: "state-damaged",
    message: expect.stringMatching(/^the passwords of 3 devices \(b, c, d\) of lot L1 are in no list/),
  });
  expect(lines(lot.passwords)).toEqual(["id,password", "a,P1", "x,OTHER"]);
  // Whatever is wrong with it, a segment of devices that are not listed stays.
  expect(existsSync(half)).toBe(true);
  writeFileSync(join(lot.secrets, "brought-back.csv"), "");
  writeFileSync(lot.passwords, "id,password\nb,P2\nc,P3\nd,P4\na,P1\n");
  expect(await assemblePasswords(ledger, lease, lot)).toBe(5);
  expect((await ledger.passwordBatches("L1")).map(({ listed }) => listed)).toEqual(["yes", "yes", "yes"]);
  expect(existsSync(half)).toBe(false);
});

test("a list that was carried away is not missed: its devices were listed", async () => {
  const { ledger, lease, lot, mint } = await passwordWorld(["a", "b"]);
  await mint(["a"], ["a,P1"]);
  expect(await assemblePasswords(ledger, lease, lot)).toBe(1);
  expect(readdirSync(lot.secrets)).toEqual([".work", "passwords.csv"]);
  writeFileSync(lot.passwords, "");
  expect(await assemblePasswords(ledger, lease, lot)).toBeUndefined();
  await mint(["b"], ["b,P2"]);
  expect(await assemblePasswords(ledger, lease, lot)).toBe(1);
  expect(lines(lot.passwords)).toEqual(["id,password", "b,P2"]);
});

/** A device's folder, whose key its password opens. */
function placeKey(folder: string, password: string): void {
  mkdirSync(folder, { recursive: true });
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: password },
  });
  writeFileSync(join(folder, "key.pem"), privateKey);
  writeFileSync(join(folder, "chain.pem"), "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
}

test("a segment that another state of this ledger left fills what is missing and is never removed", async () => {
  const { ledger, lease, lot, mint } = await passwordWorld(["a", "b", "c"]);
  const own = await mint(["a"], ["a,P1"]);
  await mint(["b", "c"]);
  for (const id of ["b", "c"]) placeKey(join(lot.devices, id), "STRAY");
  const stray = own.replace(/5eed1\.csv$/, "0123456789abcdef.csv");
  writeFileSync(stray, "b,STRAY\nc,OF ANOTHER KEY\na,STRAY\nunknown,STRAY\n");
  const foreign = join(lot.secrets, "segment-000001-00000000-5eed.csv");
  writeFileSync(foreign, "b,FOREIGN\n");
  const missed = expect.stringContaining("1 device (c)");
  await expect(assemblePasswords(ledger, lease, lot)).rejects.toMatchObject({ message: missed });
  expect(lines(lot.passwords)).toEqual(["id,password", "a,P1", "b,STRAY"]);
  expect(readdirSync(lot.secrets).sort()).toEqual(
    [".work", basename(foreign), basename(stray), "passwords.csv"].sort(),
  );
  await ledger.revokeDevices(lease, { reason: "unspecified", externalIds: ["c"] });
  expect(await assemblePasswords(ledger, lease, lot)).toBeUndefined();
});
