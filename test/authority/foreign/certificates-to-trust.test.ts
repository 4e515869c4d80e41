import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readCertificatesToTrust } from "../../../src/authority/foreign/certificates-to-trust.ts";
import { DAY_MS, makeCa } from "../../sandbox/make-ca.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-trust-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const nowMs = Date.now();
const one = makeCa({ commonName: "One" });
const other = makeCa({ commonName: "Other" });

test("all certificates of all files are taken in their order, each once; DER will do", () => {
  const both = file("both.pem", `some words\n${one.pem}${other.pem}`);
  const der = file("one.der", one.der);
  const read = readCertificatesToTrust([der, both], nowMs);
  expect(read).toEqual({ certificates: [one.der, other.der], notes: [] });
});

test("a server's own certificate is taken with a warning that names its end", () => {
  const leaf = makeCa({ commonName: "server", ca: false, notAfterMs: Date.UTC(2099, 5, 1) });
  const { certificates, notes } = readCertificatesToTrust([file("leaf.pem", leaf.pem)], nowMs);
  expect(certificates).toEqual([leaf.der]);
  expect(notes).toEqual([expect.stringMatching(/CN=server.* no CA's.* 2099-06-01/)]);
});

test.each([
  ["holds no certificate", "hello"],
  ["holds something that is not a certificate", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"],
  ["expired on", makeCa({ notAfterMs: nowMs - DAY_MS / 2 }).pem],
  ["is not valid before", makeCa({ notBeforeMs: nowMs + DAY_MS }).pem],
])("a file that %s is refused by its name", (words, content) => {
  const path = file("bad.pem", content);
  expect(() => readCertificatesToTrust([path], nowMs)).toThrow(
    expect.objectContaining({ code: "usage", message: expect.stringMatching(new RegExp(`${path}.*${words}`)) }),
  );
});

test("a file that is not there is refused by its name", () => {
  expect(() => readCertificatesToTrust([join(folder, "none.pem")], nowMs)).toThrow(/none\.pem.*no such file/);
});
