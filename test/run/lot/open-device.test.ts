import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Keystores, Truststore } from "../../../src/domain/job.ts";
import { openDeviceFiles } from "../../../src/keystore/device-files.ts";
import { writeLotTruststore } from "../../../src/keystore/lot-truststore.ts";
import { openRandomPool } from "../../../src/keystore/random-pool.ts";
import { openDevice } from "../../../src/run/lot/open-device.ts";
import { makeDeviceKey, type TestDevice } from "../../fixtures/make-device-key.ts";
import { makeIssuer, type TestIssuer } from "../../fixtures/make-issuer.ts";

const PASSWORD = "K7QJ2WMXA4ZC3TNB5VYD6HPE2R";
const PKCS12 = { alias: "key", recipe: "modern", iterations: 2048 } as const;

let issuer: TestIssuer;
let device: TestDevice;
let lotFolder: string;
let folder: string;

beforeAll(async () => {
  issuer = await makeIssuer();
  device = makeDeviceKey(issuer);
});
beforeEach(() => {
  lotFolder = mkdtempSync(join(tmpdir(), "lotmint-open-"));
  folder = join(lotFolder, "ACME-1");
  mkdirSync(folder);
});
afterEach(() => rmSync(lotFolder, { recursive: true, force: true }));

function write(keystores: Keystores, formats: Truststore["formats"] = []): void {
  const truststore = { formats, certificates: issuer.chain.slice(-1) };
  const options = { keystores, chain: issuer.chain, createdAtMs: 0, ...(formats.length > 0 && { truststore }) };
  const [files = []] = openDeviceFiles(options, openRandomPool())([{ ...device, password: PASSWORD }]);
  for (const { name, content } of files) writeFileSync(join(folder, name), content);
}

describe("the keystore", () => {
  test.each([
    ["keystore.p12", { pkcs12: PKCS12, jks: { alias: "key" }, pem: { key: "plain" } }],
    ["keystore.jks", { jks: { alias: "key" }, pem: { key: "plain" } }],
    ["key.pem", { pem: { key: "encrypted" } }],
    ["key.pem", { pem: { key: "plain" } }],
  ] as const)("%s is opened, with the key and the whole chain", (file, keystores) => {
    write(keystores);
    const opened = openDevice(folder, lotFolder, PASSWORD);
    if (opened.kind !== "opened") throw new Error(opened.kind);
    expect(opened.file).toBe(file);
    expect(opened.chain).toEqual([device.certificate, ...issuer.chain]);
    const own = createPublicKey(createPrivateKey({ key: device.pkcs8, format: "der", type: "pkcs8" }));
    expect(createPublicKey(opened.key).equals(own)).toBe(true);
    expect(opened).not.toHaveProperty("truststore");
  });

  test.each([
    [{ pkcs12: PKCS12, pem: { key: "none" } }, "keystore.p12"],
    [{ jks: { alias: "key" }, pem: { key: "none" } }, "keystore.jks"],
    [{ pem: { key: "encrypted" } }, "key.pem"],
  ] as const)("without its password, or with another, it is told that it does not open: %j", (keystores, file) => {
    write(keystores);
    const wrong = { kind: "closed", file, reason: "the password does not open it" };
    expect(openDevice(folder, lotFolder, "another")).toEqual(wrong);
    expect(openDevice(folder, lotFolder, undefined)).toMatchObject({
      ...wrong,
      reason: "no password is listed for it",
    });
  });

  test("one that is damaged, cut or far too large does not open, and a folder without any has no key", () => {
    for (const octets of [Buffer.from("nothing"), Buffer.alloc(2 * 1024 * 1024)]) {
      writeFileSync(join(folder, "keystore.p12"), octets);
      expect(openDevice(folder, lotFolder, PASSWORD)).toMatchObject({ kind: "closed", file: "keystore.p12" });
    }
    rmSync(join(folder, "keystore.p12"));
    expect(openDevice(folder, lotFolder, PASSWORD)).toEqual({ kind: "keyless" });
  });

  test("a key without its chain is no keystore", () => {
    write({ pem: { key: "plain" } });
    writeFileSync(join(folder, "chain.pem"), "");
    expect(openDevice(folder, lotFolder, PASSWORD)).toMatchObject({ kind: "closed", file: "key.pem" });
    rmSync(join(folder, "chain.pem"));
    expect(openDevice(folder, lotFolder, PASSWORD)).toMatchObject({ kind: "closed", reason: "it cannot be read" });
  });
});

describe("the truststore", () => {
  test.each(["pkcs12", "jks", "pem"] as const)("in %s is the device's own, under the device's password", (format) => {
    write({ pkcs12: PKCS12, pem: { key: "none" } }, [format]);
    expect(openDevice(folder, lotFolder, PASSWORD)).toMatchObject({
      kind: "opened",
      truststore: { certificates: issuer.chain.slice(-1) },
    });
  });

  test("else it is the lot's", () => {
    write({ pkcs12: PKCS12, pem: { key: "none" } });
    const options = { recipe: "modern", iterations: 2048, certificates: issuer.chain, createdAtMs: 0 } as const;
    writeFileSync(join(lotFolder, "truststore.p12"), writeLotTruststore("pkcs12", options, openRandomPool()));
    expect(openDevice(folder, lotFolder, PASSWORD)).toMatchObject({
      truststore: { file: "truststore.p12", certificates: issuer.chain },
    });
  });

  test("one that does not open is told under its own name", () => {
    write({ pkcs12: PKCS12, pem: { key: "none" } });
    writeFileSync(join(folder, "truststore.jks"), "nothing");
    expect(openDevice(folder, lotFolder, PASSWORD)).toMatchObject({ kind: "closed", file: "truststore.jks" });
  });
});
