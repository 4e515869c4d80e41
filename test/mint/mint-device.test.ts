import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { openSigner } from "../../src/authority/signer.ts";
import { type KeyPair, openKeyPairs } from "../../src/mint/key-pair.ts";
import { mintDevice } from "../../src/mint/mint-device.ts";
import { newSerialNumber } from "../../src/x509/serial-number.ts";
import { makeIssuer, type TestIssuer } from "../fixtures/make-issuer.ts";

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await makeIssuer();
});

function tools(makeKeyPair: () => KeyPair = openKeyPairs("ec-p256")) {
  return { template: issuer.template, signer: openSigner({ kind: "key", key: issuer.key }), makeKeyPair };
}

function order(spki: Uint8Array | null = null) {
  return {
    externalId: "ACME-7",
    serialNumber: newSerialNumber(),
    subject: [{ attribute: "CN", value: "ACME-7" }] as const,
    spki,
  };
}

test("a device gets a new key and a certificate for it under the reserved number", () => {
  const device = order();
  const { certificate, pkcs8, spki } = mintDevice(device, tools());
  const read = new X509Certificate(certificate);
  expect(read.subject).toBe("CN=ACME-7");
  expect(read.serialNumber.toLowerCase()).toBe(device.serialNumber);
  expect(read.verify(createPublicKey(issuer.key))).toBe(true);
  expect(read.publicKey.export({ type: "spki", format: "der" })).toEqual(spki);
  expect(read.checkPrivateKey(createPrivateKey({ key: pkcs8 ?? "", format: "der", type: "pkcs8" }))).toBe(true);
});

test("a device that keeps its own key gets a certificate for that, and no key is made", () => {
  const { spki } = openKeyPairs("rsa-2048")();
  const minted = mintDevice(
    order(spki),
    tools(() => {
      throw new Error("a key was made");
    }),
  );
  expect(minted.pkcs8).toBeNull();
  expect(new X509Certificate(minted.certificate).publicKey.export({ type: "spki", format: "der" })).toEqual(spki);
});

test("a key whose certificate cannot be signed is wiped", () => {
  const pair = openKeyPairs("ec-p256")();
  expect(() =>
    mintDevice(
      { ...order(), serialNumber: "00" },
      tools(() => pair),
    ),
  ).toThrow(RangeError);
  expect(pair.pkcs8).toEqual(Buffer.alloc(pair.pkcs8.length));
});
