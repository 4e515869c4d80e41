import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { readCertificate } from "../../src/x509/read-certificate.ts";
import { keyIdOf, readKeyKind } from "../../src/x509/subject-public-key.ts";
import { noOpenssl, openssl } from "../authority/authorities.ts";

test.each([
  ["ec", generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey],
  ["ec", generateKeyPairSync("ec", { namedCurve: "P-521" }).publicKey],
  ["rsa", generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey],
  ["rsa", generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey],
  ["other", generateKeyPairSync("ed25519").publicKey],
  ["other", generateKeyPairSync("rsa-pss", { modulusLength: 1024 }).publicKey],
])("tells a key of kind %s", (kind, key) => {
  expect(readKeyKind(key.export({ type: "spki", format: "der" }))).toBe(kind);
});

test.skipIf(noOpenssl).each(["rsa:1024", "rsa:2048"])(
  "the key identifier of an %s key is the one that openssl writes",
  (kind) => {
    const request = ["req", "-x509", "-newkey", kind, "-nodes", "-keyout", "/dev/null", "-subj", "/CN=x"];
    const certificate = new X509Certificate(openssl(...request, "-addext", "subjectKeyIdentifier=hash"));
    const { spki, subjectKeyId } = readCertificate(certificate.raw);
    expect(keyIdOf(spki)).toEqual(subjectKeyId);
  },
);

test.each(["", "3000", "300630040600", "3009300406020101040100"])("%s is not a public key", (hex) => {
  expect(() => readKeyKind(Buffer.from(hex, "hex"))).toThrow(RangeError);
});
