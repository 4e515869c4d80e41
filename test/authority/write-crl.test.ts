import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import forge from "node-forge";
import { expect, test } from "vitest";
import { der, derInteger, derSequence, derTime } from "../../src/asn1/der.ts";
import type { LoadedIssuer } from "../../src/authority/load-authority.ts";
import { openSigner } from "../../src/authority/signer.ts";
import { type CrlEntries, encodeCrlEntries, loadCrlIssuer, signCrl } from "../../src/authority/write-crl.ts";
import { authorityLayout } from "../../src/disk/layout.ts";
import { type KeyAlgorithm, REVOCATION_REASONS } from "../../src/domain/certificate.ts";
import type { RevokedSerial } from "../../src/domain/revocation.ts";
import { encodeExtension } from "../../src/x509/encode-certificate.ts";
import { writePem } from "../../src/x509/pem.ts";
import { readCertificate } from "../../src/x509/read-certificate.ts";
import { newSerialNumber } from "../../src/x509/serial-number.ts";
import {
  CA_EXTENSIONS,
  DAY_MS,
  errorOf,
  makeIssuer,
  NOW_MS,
  noOpenssl,
  openssl,
  PASSPHRASE,
  temporaryHome,
} from "./authorities.ts";

/** Entries as a file gives them: in pieces that share memory, wherever they end. */
function entriesOf(encoded: Buffer, size = 1000): CrlEntries {
  return {
    length: () => encoded.length,
    pieces: function* () {
      const piece = Buffer.alloc(size);
      for (let at = 0; at < encoded.length; at += size) yield piece.subarray(0, encoded.copy(piece, 0, at));
    },
  };
}

function listOf(issuer: LoadedIssuer, entries: CrlEntries, number = 7): Buffer {
  const certificate = readCertificate(issuer.certificateDer);
  const request = { issuer: certificate, number, thisUpdateMs: NOW_MS, nextUpdateMs: NOW_MS + 30 * DAY_MS, entries };
  return Buffer.concat(Array.from(signCrl(request, openSigner(issuer.signer)), (piece) => Buffer.from(piece)));
}

/** What OpenSSL, which has verified it under its issuer, says of a list. */
async function readBack(key: KeyAlgorithm, entries: readonly RevokedSerial[], number = 7): Promise<string> {
  using home = temporaryHome();
  const issuer = await makeIssuer(home, "line-1", { key });
  const list = listOf(issuer, entriesOf(encodeCrlEntries(entries)), number);
  const file = join(home.root, "crl.pem");
  writeFileSync(file, writePem("X509 CRL", list));
  const { certificate } = authorityLayout(home, "line-1");
  openssl("crl", "-in", file, "-verify", "-CAfile", certificate, "-noout");
  const text = join(home.root, "crl.txt");
  openssl("crl", "-in", file, "-noout", "-text", "-out", text);
  return readFileSync(text, "utf8");
}

function revoked(serialNumber: string, reason: RevokedSerial["reason"] = "unspecified"): RevokedSerial {
  return { serialNumber, reason, revokedAtMs: NOW_MS };
}

test.skipIf(noOpenssl).each([
  ["ec-p256", "ecdsa-with-SHA256"],
  ["ec-p384", "ecdsa-with-SHA384"],
  ["rsa-2048", "sha256WithRSAEncryption"],
] as const)("OpenSSL verifies a list of version 2 signed with %s (needs openssl)", async (key, algorithm) => {
  const text = await readBack(key, [revoked(newSerialNumber())], 300);
  expect(text).toContain("Version 2 (0x1)");
  expect(text).toContain(`Signature Algorithm: ${algorithm}`);
  expect(text).toMatch(/X509v3 CRL Number:\s+300\s/);
  const issuer = /Authority Key Identifier:\s+([0-9A-F:]+)/.exec(text)?.[1];
  expect(issuer).toMatch(/^([0-9A-F]{2}:){19}[0-9A-F]{2}$/);
});

test.skipIf(noOpenssl)(
  "an entry has its serial number, second and reason; unspecified is left out (needs openssl)",
  async () => {
    const entries = REVOCATION_REASONS.map((reason, index) => revoked(`4${index}${"ab".repeat(19)}`, reason));
    // OpenSSL breaks long numbers with a backslash.
    const text = (await readBack("ec-p256", entries)).replaceAll("\\\n", "");
    const told = text.split("Serial Number: ").slice(1);
    const reasons = told.map((entry) => /Reason Code:\s+([A-Za-z ]+)/.exec(entry)?.[1]?.trim());
    expect(reasons).toEqual([
      undefined,
      "Key Compromise",
      "CA Compromise",
      "Affiliation Changed",
      "Superseded",
      "Cessation Of Operation",
      "Certificate Hold",
      "Remove From CRL",
      "Privilege Withdrawn",
      "AA Compromise",
    ]);
    expect(told.map((entry) => entry.slice(0, 40).toLowerCase())).toEqual(entries.map((entry) => entry.serialNumber));
    expect(Date.parse(/Revocation Date: (.+)/.exec(text)?.[1] ?? "")).toBe(NOW_MS);
  },
);

test.skipIf(noOpenssl)("an empty list and serial numbers of other tools are good DER (needs openssl)", async () => {
  expect(await readBack("ec-p256", [])).toContain("No Revoked Certificates");
  const text = await readBack("ec-p256", [revoked("01"), revoked("ff00")]);
  expect(text).toMatch(/Serial Number: 01\s[\s\S]*Serial Number: FF00\s/);
});

test.skipIf(noOpenssl)("a list of many thousand entries is one list (needs openssl)", async () => {
  const entries = Array.from({ length: 20_000 }, () => revoked(newSerialNumber(), "superseded"));
  const text = await readBack("ec-p256", entries);
  expect(text.split("Serial Number: ").length - 1).toBe(20_000);
});

test.skipIf(noOpenssl)("an authority that may sign certificates but no lists is refused (needs openssl)", async () => {
  using home = temporaryHome();
  const made = await makeIssuer(home, "line-1");
  expect(loadCrlIssuer(home, "line-1", PASSPHRASE, NOW_MS).sha256).toBe(made.sha256);
  const { key, certificate, chain } = authorityLayout(home, "line-1");
  const passphrase = ["-passin", `pass:${PASSPHRASE}`];
  openssl(
    "req",
    "-x509",
    "-key",
    key,
    ...passphrase,
    "-subj",
    "/CN=line-1",
    "-days",
    "9",
    "-out",
    certificate,
    ...CA_EXTENSIONS,
  );
  writeFileSync(chain, readFileSync(certificate));
  const error = await errorOf(() => loadCrlIssuer(home, "line-1", PASSPHRASE, Date.now() + 1000));
  expect([error.code, error.message]).toEqual(["issuer-unusable", expect.stringContaining("cRLSign")]);
});

test("an entry is what the general writers of DER make of it, whatever its serial number's length", () => {
  const serials = ["", "00", "01", "7f", "80", "ff", "0000", "0080", "00ff00", "000001", "4a".repeat(20)];
  serials.push("9b".repeat(20), "5c".repeat(64), "ec".repeat(64), `00${"fd".repeat(63)}`);
  const entries = serials.flatMap((serial) => [revoked(serial), revoked(serial, "keyCompromise")]);
  const reason = derSequence(encodeExtension("2.5.29.21", false, der(0x0a, Buffer.from([1]))));
  const expected = entries.map((entry) => {
    const extensions = entry.reason === "unspecified" ? [] : [reason];
    return derSequence(derInteger(Buffer.from(entry.serialNumber, "hex")), derTime(NOW_MS), ...extensions);
  });
  expect(encodeCrlEntries(entries)).toEqual(Buffer.concat(expected));
  expect(encodeCrlEntries([])).toEqual(Buffer.alloc(0));
});

/** Entries that take so many octets together, from 20 on; an entry without a reason takes 19 and its serial number. */
function entriesOfLength(octets: number): readonly RevokedSerial[] {
  const entries: RevokedSerial[] = [];
  for (let rest = octets; rest > 0; ) {
    const size = rest > 103 ? 83 : rest > 83 ? 42 : rest;
    const serial = Buffer.alloc(size - 19, 0x41);
    if (serial.length > 3) serial.writeUInt16BE(entries.length, 1);
    entries.push(revoked(serial.toString("hex")));
    rest -= size;
  }
  return entries;
}

test("each length is written in its shortest form, whatever the entries take", async () => {
  using home = temporaryHome();
  const issuer = await makeIssuer(home, "line-1", { key: "ec-p256" });
  const octets = [...Array.from({ length: 300 }, (_, index) => 20 + index), 65_300, 65_534, 65_535, 65_536, 65_537];
  for (const length of octets) {
    const encoded = encodeCrlEntries(entriesOfLength(length));
    expect(encoded.length).toBe(length);
    const text = listOf(issuer, entriesOf(encoded, 7 + (length % 500))).toString("latin1");
    // Strict: nothing may be left over. What is read is written again in the shortest form.
    const read = forge.asn1.fromDer(forge.util.createBuffer(text, "raw"), true);
    expect(forge.asn1.toDer(read).getBytes() === text, `${length} octets`).toBe(true);
  }
});

test.skipIf(noOpenssl).each([127, 128, 255, 256, 65_535, 65_536])(
  "OpenSSL verifies a list whose entries take %i octets (needs openssl)",
  async (octets) => {
    const entries = entriesOfLength(octets);
    // OpenSSL breaks long numbers with a backslash.
    const text = (await readBack("ec-p256", entries)).replaceAll("\\\n", "");
    const told = text.split("Serial Number: ").slice(1);
    expect(told.map((entry) => entry.split(/\s/)[0]?.toLowerCase())).toEqual(entries.map((one) => one.serialNumber));
  },
);
