import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readSealRecipient } from "../../../src/authority/foreign/seal-recipient.ts";
import { makeOfficer } from "../../fixtures/make-officer.ts";
import { hasOpenssl, openssl } from "../../fixtures/other-readers.ts";
import { DAY_MS, makeCa } from "../../sandbox/make-ca.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-officer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "officer.pem");
const nowMs = Date.now();

function read(pem: string) {
  writeFileSync(path, pem);
  return readSealRecipient(path, nowMs);
}

function refusal(words: string) {
  return expect.objectContaining({ code: "usage", message: expect.stringContaining(words) });
}

test("an RSA certificate that is valid gives its issuer, its number and its key", () => {
  const { pem, recipient } = makeOfficer();
  const { issuer, serialOctets, publicKey } = read(pem);
  expect({ issuer, serialOctets }).toEqual({ issuer: recipient.issuer, serialOctets: recipient.serialOctets });
  expect(publicKey.equals(recipient.publicKey)).toBe(true);
});

test("keys of another kind, expired and future certificates, several, and none are refused", () => {
  expect(() => read(makeCa({ kind: "ec" }).pem)).toThrow(refusal("its key is ec prime256v1; it must be RSA"));
  expect(() => read(makeOfficer({ notAfterMs: nowMs - DAY_MS / 2 }).pem)).toThrow(refusal("it expired on"));
  expect(() => read(makeOfficer({ notBeforeMs: nowMs + DAY_MS }).pem)).toThrow(refusal("it is not valid before"));
  expect(() => read(makeOfficer().pem + makeOfficer().pem)).toThrow(refusal("it holds 2 certificates"));
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  expect(() => read(privateKey.export({ type: "pkcs8", format: "pem" }).toString())).toThrow(refusal("no certificate"));
});

test.skipIf(!hasOpenssl)("an RSA key of 1024 bits is refused (needs openssl)", () => {
  const args = ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", join(folder, "key"), "-subj", "/CN=x"];
  expect(() => read(openssl(args))).toThrow(refusal("its key is rsa 1024; it must be RSA with at least 2048 bits"));
});
