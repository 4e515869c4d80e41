import { hash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { deviceFolder, type Home, lotLayout } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CertificateAccount, DeviceAccount, DeviceKey } from "../ledger/looking-up.ts";
import { readPemCertificates } from "../x509/pem.ts";
import { readCertificate } from "../x509/read-certificate.ts";
import { readSerialNumber } from "../x509/serial-number.ts";

/** What a device is looked for by. */
export type DeviceQuestion =
  /** Its id; one that no lot has in this spelling stands for those that differ by case alone. */
  | { readonly by: "id"; readonly id: string }
  /** The serial number of any of its certificates, in any usual spelling (`readSerialNumber`). */
  | { readonly by: "serial"; readonly serialNumber: string }
  /** SHA-256 of the SubjectPublicKeyInfo of any of its certificates, in hex. */
  | { readonly by: "public-key"; readonly publicKeySha256: string }
  /** What somebody typed: an id, else a serial number. */
  | { readonly by: "any"; readonly text: string };

/** All that is known of a device. */
export interface LookedUpDevice extends DeviceAccount {
  /** Where its files are, or would be. */
  readonly folder: { readonly path: string; readonly exists: boolean };
}

type Answers = Pick<Ledger, "devicesNamed" | "deviceAccounts" | "certificate" | "publicKeyHolders">;

/**
 * The devices that a question means, revoked and rejected ones and those of all lots included; none when no lot has
 * one. The ledger is read, and of a device's folder its certificate.pem where the ledger does not know when its validity begins.
 */
export async function lookUpDevice(
  ledger: Answers,
  home: Home,
  question: DeviceQuestion,
): Promise<readonly LookedUpDevice[]> {
  const accounts = await ledger.deviceAccounts(await findKeys(ledger, question));
  return accounts.map((account) => {
    const path = deviceFolder(lotLayout(home, account.lot), account.externalId);
    const certificates = account.certificates.map((certificate) => withNotBefore(certificate, path));
    return { ...account, certificates, folder: { path, exists: existsSync(path) } };
  });
}

async function findKeys(ledger: Answers, question: DeviceQuestion): Promise<readonly DeviceKey[]> {
  switch (question.by) {
    case "id":
      return ledger.devicesNamed([question.id]);
    case "serial":
      return bySerialNumber(ledger, question.serialNumber);
    case "public-key":
      return distinct((await ledger.publicKeyHolders([question.publicKeySha256.toLowerCase()])).flatMap(deviceKey));
    case "any": {
      const named = await ledger.devicesNamed([question.text]);
      return named.length > 0 ? named : bySerialNumber(ledger, question.text);
    }
  }
}

async function bySerialNumber(ledger: Answers, text: string): Promise<readonly DeviceKey[]> {
  const serialNumber = readSerialNumber(text);
  if (serialNumber === undefined) return [];
  const certificate = await ledger.certificate(serialNumber);
  return certificate === undefined ? [] : deviceKey(certificate);
}

/** Nothing for a certificate that is no device's. */
function deviceKey({
  lot,
  externalId,
}: {
  readonly lot: string | null;
  readonly externalId: string | null;
}): readonly DeviceKey[] {
  return lot === null || externalId === null ? [] : [{ lot, externalId }];
}

/** A device that was reminted with the key that it keeps holds it twice. */
function distinct(keys: readonly DeviceKey[]): readonly DeviceKey[] {
  return [...new Map(keys.map((key) => [JSON.stringify([key.lot, key.externalId]), key])).values()];
}

/** More than any certificate.pem of one certificate has. */
const MOST_OCTETS = 131_072;

/** From the device's folder, where the ledger does not have it and the file is that very certificate. */
function withNotBefore(certificate: CertificateAccount, folder: string): CertificateAccount {
  if (certificate.notBeforeMs !== null || certificate.sha256 === null) return certificate;
  try {
    const file = join(folder, "certificate.pem");
    if (statSync(file).size > MOST_OCTETS) return certificate;
    const [der] = readPemCertificates(readFileSync(file, "latin1"));
    if (der === undefined || hash("sha256", der, "hex") !== certificate.sha256) return certificate;
    return { ...certificate, notBeforeMs: readCertificate(der).notBeforeMs };
  } catch {
    return certificate;
  }
}
