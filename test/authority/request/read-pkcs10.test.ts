import { createPublicKey, generateKeyPairSync, hash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { derInteger, derNull } from "../../../src/asn1/der.ts";
import { readCertificateRequest, readPkcs10 } from "../../../src/authority/request/read-pkcs10.ts";
import { makeRequest, makeRequestPem, spkiOf } from "../../fixtures/make-request.ts";
import { hasOpenssl, openssl } from "../../fixtures/other-readers.ts";

const EC = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

function errorOf(source: string | Buffer): string {
  const request = readPkcs10(source);
  return "problem" in request ? request.problem : "";
}

describe.skipIf(!hasOpenssl)("requests by openssl (skipped without openssl)", () => {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-request-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const keyFileOf = (key: readonly string[]) => join(folder, `${key.join("-")}.pem`);

  function request(key: readonly string[], options: readonly string[]): string {
    const keyFile = keyFileOf(key);
    if (!existsSync(keyFile)) openssl(["genpkey", "-algorithm", ...key, "-out", keyFile]);
    return openssl(["req", "-new", "-key", keyFile, "-subj", "/O=Acme/CN=SN-1", ...options]);
  }
  const rsa = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
  const ec = (curve: string) => ["EC", "-pkeyopt", `ec_paramgen_curve:${curve}`];

  test.each([
    ["RSA with SHA-256", rsa, ["-sha256"]],
    ["RSA with SHA-384", rsa, ["-sha384"]],
    ["RSA with SHA-512", rsa, ["-sha512"]],
    ["P-256 with SHA-256", ec("P-256"), ["-sha256"]],
    ["P-256 with SHA-512", ec("P-256"), ["-sha512"]],
    ["P-384 with SHA-384", ec("P-384"), ["-sha384"]],
    ["P-256, with attributes", ec("P-256"), ["-sha256", "-addext", "subjectAltName=DNS:example"]],
    ["P-256, headed NEW", ec("P-256"), ["-newhdr"]],
  ])("%s is read, and gives the key that signed it", (_, key, options) => {
    const pem = request(key, options);
    const spki = createPublicKey(readFileSync(keyFileOf(key))).export({ type: "spki", format: "der" });
    const read = readCertificateRequest(pem);
    expect(read.spki).toEqual(spki);
    expect(read.publicKeySha256).toBe(hash("sha256", spki));
    expect(read.subject.includes(Buffer.from("SN-1"))).toBe(true);
  });

  test("DER is read as well as PEM", () => {
    const pem = request(ec("P-256"), []);
    const der = Buffer.from(pem.replace(/-----.*-----/g, ""), "base64");
    expect(readCertificateRequest(der).spki).toEqual(readCertificateRequest(pem).spki);
  });

  test.each([
    ["SHA-1 with RSA", rsa, ["-sha1"]],
    ["MD5 with RSA", rsa, ["-md5"]],
    ["RSA-PSS", rsa, ["-sha256", "-sigopt", "rsa_padding_mode:pss"]],
    ["SHA-1 with ECDSA", ec("P-256"), ["-sha1"]],
    ["SHA-224 with ECDSA", ec("P-256"), ["-sha224"]],
  ])("%s is refused by name", (words, key, options) => {
    expect(errorOf(request(key, options))).toBe(
      `it is signed with ${words}; sign it with SHA-256, SHA-384 or SHA-512 and RSA (PKCS#1 v1.5) or ECDSA`,
    );
  });
});

test("a request whose key is another's than the one that signed it is refused", () => {
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  expect(errorOf(makeRequest({ key: EC, spki: spkiOf(other) }))).toContain("does not fit its public key");
  expect(errorOf(makeRequest({ key: EC, spki: spkiOf(RSA) }))).toContain("does not fit its public key");
});

test("a request that was altered after it was signed is refused", () => {
  const request = makeRequest({ key: EC, commonName: "SN-1" });
  const altered = Buffer.from(request.toString("latin1").replace("SN-1", "SN-2"), "latin1");
  expect(errorOf(request)).toBe("");
  expect(errorOf(altered)).toContain("does not fit its public key");
});

test("parameters of the signature algorithm are NULL or left out with RSA, and left out with ECDSA", () => {
  expect(errorOf(makeRequest({ key: RSA, parameters: [] }))).toBe("");
  expect(errorOf(makeRequest({ key: RSA, parameters: [derInteger(1)] }))).toContain("do not belong there");
  expect(errorOf(makeRequest({ key: EC, parameters: [derNull()] }))).toContain("do not belong there");
});

test("another version, an unknown algorithm and an unknown key are refused with words", () => {
  expect(errorOf(makeRequest({ key: EC, version: 1 }))).toBe("the request is not of version 1");
  expect(errorOf(makeRequest({ key: EC, algorithm: "1.2.3.4" }))).toContain("signed with algorithm 1.2.3.4");
  const offCurve = Buffer.from(spkiOf(EC));
  offCurve.writeUInt8(offCurve.readUInt8(offCurve.length - 1) ^ 1, offCurve.length - 1);
  expect(errorOf(makeRequest({ key: EC, spki: offCurve }))).toContain("its point is not on the curve");
  const unknown = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" });
  expect(errorOf(makeRequest({ key: EC, spki: unknown }))).toContain("its key is ed25519");
});

test("text without a request, with two of them, and an absurdly long one are refused", () => {
  const pem = makeRequestPem({ key: EC });
  expect(errorOf("hello")).toContain("it holds no certificate request in PEM form");
  expect(errorOf(pem.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE"))).toContain(
    "it holds no certificate request in PEM form",
  );
  expect(errorOf(pem + pem)).toBe("it holds 2 certificate requests; give one alone");
  expect(errorOf(makeRequest({ key: EC, commonName: "A".repeat(70_000) }))).toContain("too large");
  expect(() => readCertificateRequest("hello")).toThrow(expect.objectContaining({ code: "usage" }));
});

describe("a request in a file as others leave it", () => {
  const pem = makeRequestPem({ key: EC });
  const wide = (text: string) => Buffer.from(text, "utf16le");
  const key = EC.export({ type: "pkcs8", format: "pem" }).toString();

  test.each<readonly [string, string | Buffer]>([
    ["text around it", `Certificate Request:\n    Data:\n        Version: 1 (0x0)\n${pem}bye`],
    ["blanks at its line ends", pem.replaceAll("\n", "  \t\n")],
    ["carriage returns alone", pem.replaceAll("\n", "\r")],
    ["a NUL at the end", Buffer.from(`${pem}\0`)],
    ["a literal backslash and n for line ends", pem.replaceAll("\n", "\\n")],
    ["a literal backslash, r and n for line ends", pem.replaceAll("\n", "\\r\\n")],
    ["blanks for line ends", pem.replaceAll("\n", " ")],
    ["no line ends in its body", pem.replace(/(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, "")],
    ["a byte order mark", Buffer.from(`\ufeff${pem}`)],
    ["UTF-16 with a mark", wide(`\ufeff${pem}`)],
    ["UTF-16 without one", wide(pem)],
    ["UTF-16 of the other order", Buffer.from(wide(`\ufeff${pem}`)).swap16()],
    ["a certificate beside it", `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${pem}`],
  ])("is read with %s", (_, source) => {
    expect(readPkcs10(source)).toEqual(readPkcs10(pem));
    expect(errorOf(source)).toBe("");
  });

  test("is refused with a private key in it, and the key is not shown", () => {
    const encrypted = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n";
    for (const source of [pem + key, key + pem, Buffer.from(pem + encrypted), wide(key)]) {
      expect(errorOf(source)).toMatch(/^it holds a private key: give the certificate request alone/);
      expect(errorOf(source)).not.toContain(key.split("\n")[1]);
    }
  });
});

test("whatever octets come, there is a request or a reason, and nothing is thrown", () => {
  const request = makeRequest({ key: EC });
  fc.assert(
    fc.property(
      fc.nat(request.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(request.length),
      (at, bits, end) => {
        const mutated = Buffer.from(request);
        mutated.writeUInt8(mutated.readUInt8(at) ^ bits, at);
        // ECDSA's signature is the only part that may change and still fit; a flipped octet never does.
        return errorOf(mutated) !== "" && errorOf(mutated.subarray(0, end)) !== "";
      },
    ),
    { numRuns: 400 },
  );
});
