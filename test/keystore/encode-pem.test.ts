import { createPrivateKey, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { encodePem, openEncryptedKeyWriter, writeKeyPem } from "../../src/keystore/encode-pem.ts";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { makeDeviceKey, type TestDevice } from "../fixtures/make-device-key.ts";
import { makeIssuer, pemOf } from "../fixtures/make-issuer.ts";
import { hasOpenssl, openssl } from "../fixtures/other-readers.ts";

let device: TestDevice;
beforeAll(async () => {
  device = makeDeviceKey(await makeIssuer(), "rsa-2048");
});

test("a certificate is written as OpenSSL writes it", () => {
  expect(encodePem("CERTIFICATE", device.certificate).toString()).toBe(pemOf(device.certificate));
});

test("octets of any length come back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (octets) => {
      const lines = encodePem("CERTIFICATE", octets).toString().split("\n");
      expect(lines.at(-2)).toBe("-----END CERTIFICATE-----");
      const body = lines.slice(1, -2);
      expect(body.slice(0, -1).every((line) => line.length === 64)).toBe(true);
      expect(Buffer.from(body.join(""), "base64").equals(octets)).toBe(true);
    }),
  );
});

test("a key in the clear is written as OpenSSL writes it", () => {
  const key = createPrivateKey({ key: device.pkcs8, format: "der", type: "pkcs8" });
  expect(writeKeyPem(device.pkcs8).toString()).toBe(key.export({ type: "pkcs8", format: "pem" }));
});

test("an encrypted key opens with its password and no other", () => {
  const key = openEncryptedKeyWriter(2048, openRandomPool())(device.pkcs8, "pass word").toString();
  const opened = createPrivateKey({ key, passphrase: "pass word" });
  expect(opened.export({ type: "pkcs8", format: "der" })).toEqual(device.pkcs8);
  expect(() => createPrivateKey({ key, passphrase: "wrong" })).toThrow();
  expect(new X509Certificate(device.certificate).checkPrivateKey(opened)).toBe(true);
});

test.skipIf(!hasOpenssl)("an encrypted key has the rounds that were asked for (needs openssl)", () => {
  const pem = openEncryptedKeyWriter(12_345, openRandomPool())(device.pkcs8, "p").toString();
  expect(openssl(["asn1parse"], pem)).toMatch(/INTEGER +:3039/);
  expect(openssl(["pkey", "-passin", "pass:p", "-noout", "-text"], pem)).toContain("2048 bit");
});
