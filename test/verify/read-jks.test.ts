import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KeystoreError } from "../../src/verify/keystore-error.ts";
import { readJks } from "../../src/verify/read-jks.ts";
import {
  type ForeignAuthority,
  hasKeytool,
  hasOpenssl,
  keytool,
  makeAuthority,
  makeDevice,
  PASSWORD,
} from "../fixtures/foreign-device.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-jks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function kindOf(bytes: Buffer, password = PASSWORD): string {
  try {
    readJks(bytes, password);
    return "opened";
  } catch (error) {
    if (error instanceof KeystoreError) return error.kind;
    throw error;
  }
}

/** A JKS of these entries with the digest that belongs to it. */
function seal(entries: Buffer, count: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(0xfeedfeed, 0);
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(count, 8);
  const body = Buffer.concat([head, entries]);
  const secret = Buffer.from(PASSWORD, "utf16le").swap16();
  const digest = createHash("sha1").update(secret).update("Mighty Aphrodite").update(body).digest();
  return Buffer.concat([body, digest]);
}

describe.skipIf(!hasOpenssl || !hasKeytool)("reading what keytool wrote (skipped without keytool)", () => {
  let authority: ForeignAuthority;
  let keystore: Buffer;
  let truststore: Buffer;
  let leaf: Buffer;

  beforeAll(() => {
    authority = makeAuthority(join(folder, "authority"));
    const device = join(folder, "device");
    makeDevice(authority, device, "SN-1");
    leaf = new X509Certificate(readFileSync(join(device, "certificate.pem"))).raw;
    const from = ["-srckeystore", join(device, "keystore.p12"), "-srcstoretype", "PKCS12", "-srcstorepass", PASSWORD];
    const to = ["-destkeystore", join(device, "keystore.jks"), "-deststoretype", "JKS", "-deststorepass", PASSWORD];
    keytool("-importkeystore", ...from, ...to);
    const trust = ["-keystore", join(device, "truststore.jks"), "-storetype", "JKS", "-storepass", PASSWORD];
    keytool("-importcert", "-noprompt", "-alias", "Sérver", "-file", join(authority.folder, "root.pem"), ...trust);
    keystore = readFileSync(join(device, "keystore.jks"));
    truststore = readFileSync(join(device, "truststore.jks"));
  }, 30_000);

  test("a key entry gives key, alias and the chain from leaf to anchor", () => {
    const contents = readJks(keystore, PASSWORD);
    expect(contents.alias).toBe("devicekeyentry");
    expect(contents.certificates).toEqual([leaf, ...authority.chain]);
    if (contents.privateKey === undefined) throw new Error("no key");
    expect(createPublicKey(contents.privateKey).export({ format: "der", type: "spki" })).toEqual(
      new X509Certificate(leaf).publicKey.export({ format: "der", type: "spki" }),
    );
  });

  test("a trusted entry gives alias and certificate", () => {
    const contents = readJks(truststore, PASSWORD);
    expect(contents.trusted).toEqual([{ alias: "sérver", certificate: authority.chain[1] }]);
    expect(contents.privateKey).toBeUndefined();
  });

  test("a wrong password is told apart from a damaged file", () => {
    expect(kindOf(keystore, "wrong")).toBe("password");
    expect(kindOf(truststore, "wrong")).toBe("password");
    const damaged = Buffer.from(keystore);
    const at = damaged.length - 100;
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(kindOf(damaged)).toBe("damaged");
  });

  test("octets changed anywhere never open, and are an answer in bounded time", () => {
    fc.assert(
      fc.property(fc.nat(keystore.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const bytes = Buffer.from(keystore);
        bytes[at] = (bytes[at] ?? 0) ^ bits;
        expect(["damaged", "password", "unsupported"]).toContain(kindOf(bytes));
      }),
      { numRuns: 300 },
    );
  });

  test("a file cut anywhere is damaged", () => {
    fc.assert(
      fc.property(fc.nat(keystore.length - 1), (length) => {
        expect(kindOf(keystore.subarray(0, length))).toBe("damaged");
      }),
    );
  });
});

describe("octets that nobody wrote", () => {
  test("random octets are damaged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(kindOf(Buffer.from(octets))).toBe("damaged");
      }),
    );
  });

  test("random entries under a right digest are damaged or of no use", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(100), (entries, count) => {
        const kind = kindOf(seal(Buffer.from(entries), count));
        expect(kind).toBe(entries.length === 0 && count === 0 ? "opened" : "damaged");
      }),
    );
  });

  test("counts and lengths beyond the file do not cost memory", () => {
    expect(kindOf(seal(Buffer.alloc(0), 0xffffffff))).toBe("damaged");
    const entry = Buffer.from("00000002000161000000000000000000055800000000ffffffff", "hex");
    expect(kindOf(seal(entry, 1))).toBe("damaged");
    expect(kindOf(Buffer.alloc(1024 * 1024 + 1))).toBe("damaged");
  });

  test("an alias beyond the first plane is read as Java writes it", () => {
    const alias = Buffer.from("eda0bdedb880c080", "hex");
    const certificate = Buffer.from("30020500", "hex");
    const text = (octets: Buffer) => Buffer.concat([Buffer.from([0, octets.length]), octets]);
    const length = Buffer.from([0, 0, 0, certificate.length]);
    const entry = [
      Buffer.from([0, 0, 0, 2]),
      text(alias),
      Buffer.alloc(8),
      text(Buffer.from("X.509")),
      length,
      certificate,
    ];
    expect(readJks(seal(Buffer.concat(entry), 1), PASSWORD).trusted).toEqual([{ alias: "😀\0", certificate }]);
  });
});
