import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSigner } from "../../src/authority/signer.ts";
import { encodeCrlEntries, loadCrlIssuer, signCrl } from "../../src/authority/write-crl.ts";
import { authorityLayout } from "../../src/disk/layout.ts";
import { type KeyAlgorithm, REVOCATION_REASONS } from "../../src/domain/certificate.ts";
import type { RevokedSerial } from "../../src/domain/revocation.ts";
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

/** What OpenSSL, which has verified it under its issuer, says of a list. */
async function readBack(key: KeyAlgorithm, entries: readonly RevokedSerial[], number = 7): Promise<string> {
  using home = temporaryHome();
  const issuer = await makeIssuer(home, "line-1", { key });
  const list = signCrl(
    {
      issuer: readCertificate(issuer.certificateDer),
      number,
      thisUpdateMs: NOW_MS,
      nextUpdateMs: NOW_MS + 30 * DAY_MS,
      entries: encodeCrlEntries(entries),
    },
    openSigner(issuer.signer),
  );
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
    const text = await readBack("ec-p256", entries);
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
