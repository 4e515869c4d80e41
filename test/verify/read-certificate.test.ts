import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { DerError } from "../../src/asn1/read-der.ts";
import { readCertificate } from "../../src/verify/read-certificate.ts";
import { hasOpenssl, openssl } from "../fixtures/foreign-device.ts";

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
    expect(fields.commonName).toBe("Gerät-1");
    expect(fields.notBeforeMs).toBe(Date.parse(certificate.validFrom));
    expect(fields.notAfterMs).toBe(Date.parse(certificate.validTo));
    expect(fields.publicKey).toEqual(certificate.publicKey.export({ format: "der", type: "spki" }));
    expect(fields.issuer).toEqual(fields.subject);
  });

  test("hold dates beyond 2049 and no name where there is none or there are two", () => {
    const bytes = makeCertificate("/O=Acme", "-days", "20000");
    expect(readCertificate(bytes).notAfterMs).toBe(Date.parse(new X509Certificate(bytes).validTo));
    expect(readCertificate(bytes).commonName).toBeUndefined();
    expect(readCertificate(makeCertificate("/CN=a/CN=b")).commonName).toBeUndefined();
  });

  test("of octets that are cut or changed are read or refused as DER, never otherwise", () => {
    const bytes = makeCertificate("/CN=a");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, bits, cut) => {
        const changed = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
        if (!cut) changed[at] = (changed[at] ?? 0) ^ bits;
        let fault: unknown;
        try {
          readCertificate(changed);
        } catch (error) {
          fault = error;
        }
        if (cut || fault !== undefined) expect(fault).toBeInstanceOf(DerError);
      }),
      { numRuns: 500 },
    );
  });
});
