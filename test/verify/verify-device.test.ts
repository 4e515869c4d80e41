import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { MintedRecord } from "../../src/ledger/reading.ts";
import { type DeviceToVerify, holdsKeystore, verifyDevices } from "../../src/verify/verify-device.ts";
import {
  type ForeignAuthority,
  hasKeytool,
  hasOpenssl,
  keytool,
  makeAuthority,
  makeDevice,
  openssl,
  PASSWORD,
  recordOf,
} from "../fixtures/foreign-device.ts";

const root = mkdtempSync(join(tmpdir(), "lotmint-device-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a device with a keystore needs a password, one that keeps its own key does not", () => {
  expect(holdsKeystore({ "certificate.pem": "", "keystore.jks": "" })).toBe(true);
  expect(holdsKeystore({ "certificate.pem": "", "chain.pem": "" })).toBe(false);
});

describe.skipIf(!hasOpenssl || !hasKeytool)("a device's folder (skipped without openssl or keytool)", () => {
  const pristine = join(root, "pristine");
  const folder = join(root, "device");
  const names = ["certificate.pem", "chain.pem", "key.pem", "keystore.p12", "keystore.jks"];
  const trust = ["truststore.p12", "truststore.jks", "truststore.pem"];
  let authority: ForeignAuthority;
  let record: MintedRecord;

  beforeAll(() => {
    authority = makeAuthority(join(root, "authority"));
    makeDevice(authority, pristine, "SN-1");
    makeDevice(authority, join(root, "other"), "SN-2");
    const from = ["-srckeystore", join(pristine, "keystore.p12"), "-srcstoretype", "PKCS12", "-srcstorepass", PASSWORD];
    const to = ["-destkeystore", join(pristine, "keystore.jks"), "-deststoretype", "JKS", "-deststorepass", PASSWORD];
    keytool("-importkeystore", ...from, ...to);
    for (const [name, type] of [
      ["truststore.p12", "PKCS12"],
      ["truststore.jks", "JKS"],
    ] as const) {
      const store = ["-keystore", join(pristine, name), "-storetype", type, "-storepass", PASSWORD];
      keytool("-importcert", "-noprompt", "-alias", "server", "-file", join(authority.folder, "root.pem"), ...store);
    }
    cpSync(join(authority.folder, "root.pem"), join(pristine, "truststore.pem"));
    record = recordOf(pristine, "SN-1", [...names, ...trust]);
  }, 30_000);

  beforeEach(() => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(pristine, folder, { recursive: true });
  });

  type Changes = Partial<Omit<DeviceToVerify, "record">> & {
    readonly record?: Partial<MintedRecord>;
  };

  function differences({ record: changed, ...changes }: Changes = {}) {
    const device = { folder, password: PASSWORD, chain: authority.chain, nowMs: Date.now(), ...changes };
    return verifyDevices([{ ...device, record: { ...record, ...changed } }])[0] ?? [];
  }

  function told(changes: Changes = {}): string[] {
    return differences(changes).map(({ what }) => what);
  }

  function recorded(): Partial<MintedRecord> {
    return recordOf(folder, "SN-1", [...names, ...trust]);
  }

  test("as it was written has no difference", () => {
    expect(differences({ aliases: { pkcs12: "devicekeyentry", jks: "DeviceKeyEntry" } })).toEqual([]);
  });

  test("that is gone, or is no folder, is told", () => {
    rmSync(folder, { recursive: true });
    expect(told()).toEqual(["its folder is missing"]);
    writeFileSync(folder, "");
    expect(told()).toEqual(["what stands in its folder's place is not a folder"]);
  });

  test("missing and extra files are told", () => {
    rmSync(join(folder, "chain.pem"));
    writeFileSync(join(folder, "notes.txt"), "");
    expect(told()).toEqual(["chain.pem is missing", "a file that the ledger does not know: notes.txt"]);
  });

  test("a link where a file belongs is not followed", () => {
    rmSync(join(folder, "chain.pem"));
    symlinkSync(join(pristine, "chain.pem"), join(folder, "chain.pem"));
    expect(told()).toEqual(["chain.pem is not a file"]);
  });

  test("modes that others can use are told", () => {
    chmodSync(join(folder, "keystore.p12"), 0o644);
    chmodSync(folder, 0o750);
    expect(differences()).toEqual([
      { externalId: "SN-1", what: "mode of its folder", expected: "0700", found: "0750" },
      { externalId: "SN-1", what: "mode of keystore.p12", expected: "0600", found: "0644" },
    ]);
  });

  test.each(names)("one changed octet in %s is told", (name) => {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    bytes[bytes.length - 60] = (bytes[bytes.length - 60] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(told()).toContain(`SHA-256 of ${name}`);
  });

  test("a wrong password is told for each file that it should open, and never shown", () => {
    const all = differences({ password: "WRONG" });
    expect(all.map(({ what }) => what)).toEqual([
      "key.pem does not open: the password does not open it",
      "keystore.p12 does not open: the password does not open it",
      "keystore.jks does not open: the password does not open it",
      "truststore.p12 does not open: the password does not open it",
      "truststore.jks does not open: the password does not open it",
    ]);
    expect(JSON.stringify(all)).not.toContain("WRONG");
  });

  test("a password that is not listed is told, one that is not at hand is not", () => {
    expect(told({ password: undefined })).toContain("no password is listed for keystore.p12");
    expect(told({ password: { kind: "unknown" } })).toEqual([]);
  });

  test("a certificate that is not the recorded one is told field by field", () => {
    const changed = { serialNumber: "40aa", sha256: "00", publicKeySha256: "11", notAfterMs: 0, externalId: "SN-9" };
    expect(told({ record: changed })).toEqual([
      "SHA-256 of its certificate",
      "its certificate's serial number",
      "its certificate's CN",
      "its certificate's end",
      "SHA-256 of its public key",
      "the key in key.pem is not the certificate's",
      "the key in keystore.p12 is not the certificate's",
      "the key in keystore.jks is not the certificate's",
    ]);
  });

  test("another device's key is told even when the digests agree", () => {
    cpSync(join(root, "other", "keystore.p12"), join(folder, "keystore.p12"));
    cpSync(join(root, "other", "key.pem"), join(folder, "key.pem"));
    expect(told({ record: recorded() })).toEqual([
      "the key in key.pem is not the certificate's",
      "the key in keystore.p12 is not the certificate's",
      "certificate in keystore.p12, the device's own",
    ]);
  });

  test("a chain without its anchor is told", () => {
    const pems = readFileSync(join(folder, "chain.pem"), "utf8").split(/(?<=-----END CERTIFICATE-----\n)/);
    writeFileSync(join(folder, "chain.pem"), pems.slice(0, 2).join(""));
    expect(differences({ record: recorded() })).toEqual([
      { externalId: "SN-1", what: "certificates in chain.pem", expected: "3", found: "2" },
    ]);
  });

  test("a chain in another order is told", () => {
    const pems = readFileSync(join(folder, "chain.pem"), "utf8").split(/(?<=-----END CERTIFICATE-----\n)/);
    writeFileSync(join(folder, "chain.pem"), [pems[0], pems[2], pems[1]].join(""));
    expect(told({ record: recorded() })).toEqual([
      "certificate in chain.pem, number 2",
      "certificate in chain.pem, number 3",
    ]);
  });

  test("a certificate that the issuer did not sign is told", () => {
    const other = makeAuthority(join(root, "stranger"));
    expect(told({ chain: other.chain })).toContain("its certificate is not signed by the issuer");
  });

  test("an expired certificate is told, unless it is revoked anyway", () => {
    const later = record.notAfterMs + 1000;
    expect(told({ nowMs: later })).toEqual(["its certificate has expired"]);
    expect(told({ nowMs: later, record: { stage: "revoked" } })).toEqual([]);
    expect(told({ nowMs: 0 })).toEqual(["its certificate is not valid yet"]);
  });

  test("an alias that differs is told", () => {
    expect(differences({ aliases: { pkcs12: "device" } })).toEqual([
      { externalId: "SN-1", what: "alias in keystore.p12", expected: "device", found: "devicekeyentry" },
    ]);
  });

  test("a truststore that Java would read as empty is told", () => {
    const out = join(folder, "truststore.p12");
    const source = ["-nokeys", "-in", join(authority.folder, "root.pem")];
    openssl("pkcs12", "-export", ...source, "-passout", `pass:${PASSWORD}`, "-out", out);
    expect(told({ record: recorded() })).toEqual(["truststore.p12 holds no certificate that Java would trust"]);
  });
});
