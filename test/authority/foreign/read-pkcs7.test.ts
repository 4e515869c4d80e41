import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readForeignCertificates } from "../../../src/authority/foreign/foreign-file.ts";
import { readPkcs7Certificates } from "../../../src/authority/foreign/read-pkcs7.ts";
import { writePem } from "../../../src/x509/pem.ts";
import type { CertificateFields } from "../../../src/x509/read-certificate.ts";
import { makeChain } from "../../fixtures/make-chain.ts";
import { errorOf, NOW_MS, noOpenssl, openssl, temporaryFolder } from "../authorities.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder.path, name);
afterAll(() => folder[Symbol.dispose]());

describe.skipIf(noOpenssl)("certificates in a PKCS#7 file by openssl (skipped without openssl)", () => {
  let chain: readonly CertificateFields[];

  beforeAll(() => {
    chain = makeChain([{}, {}, {}], NOW_MS).slice(1);
    writeFileSync(path("chain.pem"), chain.map(({ raw }) => writePem("CERTIFICATE", raw)).join(""));
    const from = ["crl2pkcs7", "-nocrl", "-certfile", path("chain.pem")];
    openssl(...from, "-out", path("pem.p7b"));
    openssl(...from, "-outform", "DER", "-out", path("der.p7b"));
  });

  test.each(["pem.p7b", "der.p7b"])("are read from %s, octet by octet", (name) => {
    expect(readForeignCertificates(path(name)).map(({ raw }) => raw)).toEqual(chain.map(({ raw }) => raw));
  });

  test("of indefinite length, or cut off, are told by what they are", async () => {
    const head = Buffer.from("308006092a864886f70d010702a080", "hex");
    for (const content of [head, Buffer.concat([head, Buffer.alloc(4)])]) {
      writeFileSync(path("ber.p7b"), content);
      const error = await errorOf(() => readForeignCertificates(path("ber.p7b")));
      expect([error.code, error.message]).toEqual([
        "usage",
        expect.stringMatching(/PKCS#7 file \(\.p7b\) that cannot be read/),
      ]);
    }
  });

  test("are read from PEM as Windows tools write it, and with text around it", () => {
    const pem = chain.map(({ raw }) => writePem("CERTIFICATE", raw)).join("Bag Attributes\r\n");
    for (const content of [
      Buffer.from(`\ufeff${pem}`),
      Buffer.from(`\ufeff${pem}`, "utf16le"),
      Buffer.from(`${pem}\0`),
    ]) {
      writeFileSync(path("odd.pem"), content);
      expect(readForeignCertificates(path("odd.pem")).map(({ raw }) => raw)).toEqual(chain.map(({ raw }) => raw));
    }
  });

  test("are none of a certificate", () => {
    expect(readPkcs7Certificates(chain[0]?.raw ?? Buffer.alloc(0))).toBeUndefined();
  });
});
