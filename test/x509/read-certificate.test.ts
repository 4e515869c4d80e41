import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { der, derBoolean, derContext, derInteger, derSequence, derTime, TAG } from "../../src/asn1/der.ts";
import { DerError } from "../../src/asn1/read-der.ts";
import { KEY_USAGES, NEVER_MS } from "../../src/domain/certificate.ts";
import { parseSubject } from "../../src/x509/distinguished-name.ts";
import { encodeExtension, encodeKeyUsage } from "../../src/x509/encode-certificate.ts";
import { commonNameOf, encodeSubject } from "../../src/x509/name-der.ts";
import { EXTENSION, readCertificate } from "../../src/x509/read-certificate.ts";
import { keyIdOf } from "../../src/x509/subject-public-key.ts";
import { assembleLeaf, LEAF_EXTENSIONS, VALIDITY } from "../authority/test-leaf.ts";
import { hasOpenssl, openssl } from "../fixtures/foreign-device.ts";

describe("readCertificate", () => {
  test("reads every field of a leaf", () => {
    const leaf = readCertificate(assembleLeaf());
    expect(leaf).toMatchObject({
      version: 3,
      serialNumber: "41".repeat(20),
      signatureAlgorithm: "1.2.840.10045.4.3.2",
      issuer: encodeSubject(parseSubject("CN=Issuer")),
      subject: encodeSubject(parseSubject("O=Acme,CN=dev-1")),
      ...VALIDITY,
      subjectKeyId: keyIdOf(leaf.spki),
      basicConstraints: { ca: false },
      keyUsage: ["digitalSignature", "nonRepudiation"],
      extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"],
    });
    expect(leaf.authorityKeyId).toHaveLength(20);
    expect(leaf.extensions.map(({ oid, critical }) => [oid, critical])).toEqual([
      [EXTENSION.basicConstraints, true],
      [EXTENSION.keyUsage, true],
      [EXTENSION.extendedKeyUsage, false],
      [EXTENSION.subjectKeyId, false],
      [EXTENSION.authorityKeyId, false],
    ]);
  });

  test("reads CA constraints with and without a path length", () => {
    const constraints = (...fields: Buffer[]) =>
      readCertificate(
        assembleLeaf({ extensions: [encodeExtension(EXTENSION.basicConstraints, true, derSequence(...fields))] }),
      ).basicConstraints;
    expect(constraints(derBoolean(true), derInteger(0))).toEqual({ ca: true, pathLength: 0 });
    expect(constraints(derBoolean(true), derInteger(200))).toEqual({ ca: true, pathLength: 200 });
    expect(constraints(derBoolean(true))).toEqual({ ca: true });
    expect(() => constraints(derBoolean(true), derInteger(Buffer.alloc(5, 0x11)))).toThrow(DerError);
  });

  test("reads each key usage by its bit", () => {
    for (const usage of [...KEY_USAGES.map((one) => [one]), [...KEY_USAGES], []]) {
      const extensions = [encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(usage))];
      expect(readCertificate(assembleLeaf({ extensions })).keyUsage).toEqual(usage);
    }
  });

  test("reads a version 1 certificate without extensions", () => {
    const old = readCertificate(assembleLeaf({ version: Buffer.alloc(0), extensions: [] }));
    expect([old.version, old.extensions, old.keyUsage, old.basicConstraints]).toEqual([1, [], undefined, undefined]);
  });

  test("writes foreign serial numbers without a leading zero octet", () => {
    const serial = (octets: string) =>
      readCertificate(assembleLeaf({ serialNumber: der(TAG.INTEGER, Buffer.from(octets, "hex")) })).serialNumber;
    expect([serial("1000"), serial("00ff01"), serial("00")]).toEqual(["1000", "ff01", "00"]);
  });

  test.each([
    [derTime(NEVER_MS), NEVER_MS],
    [derTime(Date.UTC(2049, 11, 31, 23, 59, 59)), Date.UTC(2049, 11, 31, 23, 59, 59)],
    [derTime(Date.UTC(1999, 0, 1)), Date.UTC(1999, 0, 1)],
  ])("reads the time %#", (notAfter, ms) => {
    expect(readCertificate(assembleLeaf({ notAfter })).notAfterMs).toBe(ms);
  });

  test.each([
    ["a time without seconds", { notAfter: der(TAG.UTC_TIME, Buffer.from("3001010000Z")) }],
    ["a thirteenth month", { notAfter: der(TAG.UTC_TIME, Buffer.from("301301000000Z")) }],
    ["version 4", { version: derContext(0, derInteger(3)) }],
    ["an extension without a value", { extensions: [derSequence(derInteger(1))] }],
    ["a serial number without octets", { serialNumber: der(TAG.INTEGER) }],
    ["no issuer", { issuer: Buffer.alloc(0) }],
  ])("refuses %s", (_what, pieces) => {
    expect(() => readCertificate(assembleLeaf(pieces))).toThrow(DerError);
  });

  test("refuses what is far too large", () => {
    expect(() => readCertificate(der(TAG.SEQUENCE, Buffer.alloc(70_000)))).toThrow("too large");
  });

  test("throws nothing but DerError for a certificate with flipped, lost or added octets", () => {
    const good = assembleLeaf({ extensions: Object.values(LEAF_EXTENSIONS) });
    const mangle = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.constantFrom("set", "cut", "add"));
    fc.assert(
      fc.property(mangle, ([at, octet, how]) => {
        const bad = Buffer.from(good);
        if (how === "set") bad[at] = octet;
        const bytes =
          how === "cut" ? bad.subarray(0, at) : how === "add" ? Buffer.concat([bad, Buffer.of(octet)]) : bad;
        try {
          readCertificate(bytes);
          expect(how).toBe("set");
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

const folder = mkdtempSync(join(tmpdir(), "lotmint-certificate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function makeCertificate(subject: string, ...more: readonly string[]): Buffer {
  const out = join(folder, "certificate.pem");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(folder, "key.pem")];
  openssl("req", "-x509", "-utf8", ...key, "-subj", subject, "-out", out, ...more);
  return new X509Certificate(readFileSync(out)).raw;
}

describe.skipIf(!hasOpenssl)("a certificate's fields (skipped without openssl)", () => {
  test("are what OpenSSL reads", () => {
    const bytes = makeCertificate("/O=Ünsere GmbH/CN=Gerät-1", "-set_serial", "0x40a1", "-days", "30");
    const fields = readCertificate(bytes);
    const certificate = new X509Certificate(bytes);
    expect(fields.serialNumber).toBe("40a1");
    expect(commonNameOf(fields.subject)).toBe("Gerät-1");
    expect(fields.notBeforeMs).toBe(Date.parse(certificate.validFrom));
    expect(fields.notAfterMs).toBe(Date.parse(certificate.validTo));
    expect(fields.spki).toEqual(certificate.publicKey.export({ format: "der", type: "spki" }));
    expect(fields.issuer).toEqual(fields.subject);
  });

  test("hold dates beyond 2049 and no name where there is none or there are two", () => {
    const bytes = makeCertificate("/O=Acme", "-days", "20000");
    expect(readCertificate(bytes).notAfterMs).toBe(Date.parse(new X509Certificate(bytes).validTo));
    expect(commonNameOf(readCertificate(bytes).subject)).toBeUndefined();
    expect(commonNameOf(readCertificate(makeCertificate("/CN=a/CN=b")).subject)).toBeUndefined();
  });
});
