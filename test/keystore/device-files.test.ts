import { createPrivateKey } from "node:crypto";
import { createSecureContext } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import type { Keystores } from "../../src/domain/job.ts";
import {
  type DeviceFilesOptions,
  type DeviceMaterial,
  needsPassword,
  openDeviceFiles,
} from "../../src/keystore/device-files.ts";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { readJks } from "../../src/verify/read-jks.ts";
import { readPkcs12 } from "../../src/verify/read-strict-pkcs12.ts";
import { makeDeviceKey, type TestDevice } from "../fixtures/make-device-key.ts";
import { makeIssuer, pemOf, type TestIssuer } from "../fixtures/make-issuer.ts";
import { digestsOf, hasJava, readWithJava } from "../fixtures/other-readers.ts";

const PASSWORD = "K7QJ2WMXA4ZC3TNB5VYD6HPE2R";
const MODERN = { alias: "devicekeyentry", recipe: "modern", iterations: 2048 } as const;

let issuer: TestIssuer;
let device: TestDevice;
beforeAll(async () => {
  issuer = await makeIssuer();
  device = makeDeviceKey(issuer);
});

/** The files of each device, by name. */
function build(
  keystores: Keystores,
  materials: readonly DeviceMaterial[],
  more: Partial<DeviceFilesOptions> = {},
): Map<string, Buffer>[] {
  const options = { keystores, chain: issuer.chain, createdAtMs: 0, ...more };
  const all = openDeviceFiles(options, openRandomPool())(materials);
  return all.map((files) => new Map(files.map(({ name, content }) => [name, content])));
}

function buildOne(keystores: Keystores, material: DeviceMaterial, more: Partial<DeviceFilesOptions> = {}) {
  const [files] = build(keystores, [material], more);
  return files ?? new Map<string, Buffer>();
}

test("every device gets its certificate, and its chain with the anchor", () => {
  const files = buildOne({ pem: { key: "none" } }, { ...device, password: null });
  expect([...files.keys()]).toEqual(["certificate.pem", "chain.pem"]);
  expect(files.get("certificate.pem")?.toString()).toBe(pemOf(device.certificate));
  expect(files.get("chain.pem")?.toString()).toBe(pemOf(device.certificate, ...issuer.chain));
});

test("a device that keeps its own key gets nothing else, whatever the job asks for", () => {
  const truststore = { formats: ["pkcs12", "jks", "pem"], certificates: issuer.chain } as const;
  const keystores = { pkcs12: MODERN, jks: { alias: "a" }, pem: { key: "plain" } } as const;
  const all = build(
    keystores,
    [
      { certificate: device.certificate, pkcs8: null, password: null },
      { ...device, password: PASSWORD },
    ],
    { truststore },
  );
  expect(all.map((files) => files.size)).toEqual([2, 8]);
});

test("key.pem is what the job asks for", () => {
  const none = buildOne({ pem: { key: "none" } }, { ...device, password: null });
  expect(none.has("key.pem")).toBe(false);
  const plain = buildOne({ pem: { key: "plain" } }, { ...device, password: null });
  const opened = createPrivateKey(plain.get("key.pem") ?? "").export({ type: "pkcs8", format: "der" });
  expect(opened).toEqual(device.pkcs8);
  const encrypted = buildOne({ pem: { key: "encrypted" } }, { ...device, password: PASSWORD });
  expect(() => createPrivateKey(encrypted.get("key.pem") ?? "")).toThrow();
  const decrypted = createPrivateKey({ key: encrypted.get("key.pem") ?? "", passphrase: PASSWORD });
  expect(decrypted.export({ type: "pkcs8", format: "der" })).toEqual(device.pkcs8);
});

test("each of several devices gets files under its own password", () => {
  const passwords = ["a", "b", "c", "d", "e", "f"].map((letter) => letter.repeat(20));
  const all = build(
    { pkcs12: MODERN, pem: { key: "none" } },
    passwords.map((password) => ({ ...device, password })),
  );
  for (const [index, files] of all.entries()) {
    createSecureContext({ pfx: files.get("keystore.p12") ?? "", passphrase: passwords[index] ?? "" });
  }
  expect(all).toHaveLength(6);
});

test.skipIf(!hasJava)("keystores and truststores of one device open with its password in Java (needs java)", () => {
  const files = buildOne(
    { pkcs12: MODERN, jks: { alias: "Jks" }, pem: { key: "none" } },
    { ...device, password: PASSWORD },
    { truststore: { formats: ["pkcs12", "jks", "pem"], certificates: issuer.chain } },
  );
  const names = ["keystore.p12", "keystore.jks", "truststore.p12", "truststore.jks"];
  const lines = readWithJava(
    names.map((name) => ({
      type: name.endsWith("jks") ? "JKS" : "PKCS12",
      content: files.get(name) ?? Buffer.alloc(0),
      password: PASSWORD,
    })),
  );
  const chain = digestsOf(device.certificate, ...issuer.chain);
  const [server, anchor] = issuer.chain.map((certificate) => digestsOf(certificate));
  const trusted = `trusted servercertificate ${server}; trusted servercertificate-2 ${anchor}; anchors 2`;
  expect(lines).toEqual([
    `key devicekeyentry true ${chain}; anchors 1`,
    `key jks true ${chain}; anchors 1`,
    trusted,
    trusted,
  ]);
  expect(files.get("truststore.pem")?.toString()).toBe(pemOf(...issuer.chain));
});

test.skipIf(!hasJava)("aliases of a device's own stand in its keystores instead of the job's (needs java)", () => {
  const keystores = { pkcs12: { ...MODERN, alias: "{id}" }, jks: { alias: "{id}" }, pem: { key: "none" } } as const;
  const aliases = { pkcs12: "SN-1 Gerät", jks: "SN-1 GERÄT" };
  const files = buildOne(keystores, { ...device, password: PASSWORD, aliases });
  const [pkcs12 = Buffer.alloc(0), jks = Buffer.alloc(0)] = ["keystore.p12", "keystore.jks"].map((name) =>
    files.get(name),
  );
  expect(readPkcs12(pkcs12, PASSWORD).alias).toBe("SN-1 Gerät");
  expect(readJks(jks, PASSWORD).alias).toBe("sn-1 gerät");
  const lines = readWithJava([
    { type: "PKCS12", content: pkcs12, password: PASSWORD },
    { type: "JKS", content: jks, password: PASSWORD },
  ]);
  const chain = digestsOf(device.certificate, ...issuer.chain);
  expect(lines).toEqual([`key sn-1 gerät true ${chain}; anchors 1`, `key sn-1 gerät true ${chain}; anchors 1`]);
});

describe("rounds", () => {
  /** PBKDF2's rounds as they stand after a salt of 20 octets. */
  function roundsOf(file: Buffer | undefined): number[] {
    const hex = file?.toString("hex") ?? "";
    return [...hex.matchAll(/2a864886f70d01050c302b0414[0-9a-f]{40}0202([0-9a-f]{4})/g)].map(([, rounds]) =>
      Number.parseInt(rounds ?? "", 16),
    );
  }

  test("are the job's own", () => {
    const keystores = { pkcs12: { ...MODERN, iterations: 5000 }, pem: { key: "none" } } as const;
    expect(roundsOf(buildOne(keystores, { ...device, password: PASSWORD }).get("keystore.p12"))).toEqual([5000, 5000]);
  });

  test("are raised where a password is not a generated one, in every file", () => {
    const keystores = { pkcs12: MODERN, pem: { key: "none" } } as const;
    const truststore = { formats: ["pkcs12"], certificates: issuer.chain } as const;
    const more = { minIterations: 10_000, truststore };
    const files = buildOne(keystores, { ...device, password: PASSWORD }, more);
    expect(roundsOf(files.get("keystore.p12"))).toEqual([10_000, 10_000]);
    expect(roundsOf(files.get("truststore.p12"))).toEqual([10_000]);
  });
});

test("a password is needed by whatever it protects, and by nothing else", () => {
  const bare = { pem: { key: "none" } } as const;
  const trusting = (format: "pkcs12" | "jks" | "pem") =>
    needsPassword({ keystores: bare, truststore: { formats: [format], certificates: [] } });
  expect(needsPassword({ keystores: bare })).toBe(false);
  expect(needsPassword({ keystores: { pem: { key: "plain" } } })).toBe(false);
  expect(needsPassword({ keystores: { pem: { key: "encrypted" } } })).toBe(true);
  expect(needsPassword({ keystores: { ...bare, pkcs12: MODERN } })).toBe(true);
  expect(needsPassword({ keystores: { ...bare, jks: { alias: "a" } } })).toBe(true);
  expect([trusting("pkcs12"), trusting("jks"), trusting("pem")]).toEqual([true, true, false]);
});

test("a keystore is not written without a password", () => {
  const keystores = { pkcs12: MODERN, pem: { key: "none" } } as const;
  expect(() => build(keystores, [{ ...device, password: null }])).toThrow("no password");
});
