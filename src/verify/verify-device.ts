import { createPrivateKey, hash } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { PRIVATE_FILE, PRIVATE_FOLDER } from "../disk/durable.ts";
import { wrongMode } from "../disk/modes.ts";
import { readRegular } from "../disk/read-regular.ts";
import { isoTime } from "../domain/iso-time.ts";
import type { MintedRecord } from "../ledger/reading.ts";
import { type IssuerToAsk, isIssuedByOpened, openIssuer } from "../x509/is-signed-by.ts";
import { breaksConstraints } from "../x509/judge-chain.ts";
import { commonNameOf } from "../x509/name-der.ts";
import { readPemCertificates } from "../x509/pem.ts";
import { type CertificateFields, EXTENSION, readCertificate } from "../x509/read-certificate.ts";
import type { Difference } from "./difference.ts";
import { type KeystoreContents, KeystoreError, MAX_KEYSTORE_OCTETS } from "./keystore-error.ts";
import { publicKeyOf } from "./public-key-of.ts";
import { openJks } from "./read-jks.ts";
import { openPkcs12 } from "./read-strict-pkcs12.ts";
import { runSideBySide, type Steps } from "./steps.ts";

/** What the ledger says of a device and its files. */
export type RecordedDevice = Pick<
  MintedRecord,
  "externalId" | "stage" | "serialNumber" | "sha256" | "publicKeySha256" | "notAfterMs" | "files"
>;

export interface DeviceToVerify {
  readonly folder: string;
  readonly record: RecordedDevice;
  /** undefined: none is listed, so that whatever needs one is a difference. "unknown": skip what needs one. */
  readonly password: string | undefined | { readonly kind: "unknown" };
  /** DER of the issuing chain, issuer first, trust anchor last. */
  readonly chain: readonly Buffer[];
  /** Key entries' names, where they are known. */
  readonly aliases?: { readonly pkcs12?: string; readonly jks?: string };
  readonly nowMs: number;
}

type Tell = (what: string, expected?: string, found?: string) => void;

/** What is the same for each file of the device. */
interface Verification extends DeviceToVerify {
  readonly tell: Tell;
  /** DER of the device's certificate, once it has been read. */
  leaf?: Buffer;
}

/**
 * Opens everything in the folders of these devices and compares it with the ledger, device by device in their order; an
 * empty list means that all of it is as it was written, fits together, and verifies up to the trust anchor. Keystores
 * are opened side by side. Changes nothing.
 */
export function verifyDevices(devices: readonly DeviceToVerify[]): readonly (readonly Difference[])[] {
  return runSideBySide(devices.map(verifySteps));
}

function* verifySteps(device: DeviceToVerify): Steps<readonly Difference[]> {
  const differences: Difference[] = [];
  const tell: Tell = (what, expected, found) =>
    differences.push({
      externalId: device.record.externalId,
      what,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
    });
  const verification: Verification = { ...device, tell };
  const names = listFolder(verification);
  if (names === undefined) return differences;
  const files = new Map<string, Buffer>();
  for (const [name, sha256] of Object.entries(device.record.files)) {
    if (!names.has(name)) tell(`${name} is missing`);
    else {
      const content = readRecorded(name, sha256, verification);
      if (content !== undefined) files.set(name, content);
    }
    names.delete(name);
  }
  for (const name of names) tell(`a file that the ledger does not know: ${name}`);

  // The certificate first: the other files are compared with it.
  const ordered = [...files].sort(([a], [b]) => Number(b === "certificate.pem") - Number(a === "certificate.pem"));
  for (const [name, content] of ordered) {
    try {
      yield* verifyFile(name, content, verification);
    } catch (error) {
      if (error instanceof KeystoreError) tell(`${name} does not open: ${error.message}`);
      else tell(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return differences;
}

/** True when a device with these files cannot be used without a password; key.pem is told by its content. */
export function holdsKeystore(files: Readonly<Record<string, string>>): boolean {
  return Object.keys(files).some((name) => name.endsWith(".p12") || name.endsWith(".jks"));
}

function listFolder({ folder, tell }: Verification): Set<string> | undefined {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) tell("its folder is missing", folder);
  else if (!stat.isDirectory()) tell("what stands in its folder's place is not a folder", folder);
  else {
    const mode = wrongMode(stat.mode, PRIVATE_FOLDER);
    if (mode !== undefined) tell("mode of its folder", "0700", mode);
    return new Set(readdirSync(folder));
  }
  return undefined;
}

function readRecorded(name: string, sha256: string, { folder, tell }: Verification): Buffer | undefined {
  const file = readRegular(join(folder, name), MAX_KEYSTORE_OCTETS);
  if (file === undefined) {
    tell(`${name} is not a file`);
    return undefined;
  }
  const mode = wrongMode(file.mode, PRIVATE_FILE);
  if (mode !== undefined) tell(`mode of ${name}`, "0600", mode);
  if (file.content === undefined) {
    tell(`${name} is too large to be what was written`, "at most 1 MiB", `${file.size} octets`);
    return undefined;
  }
  const found = sha256Hex(file.content);
  if (found !== sha256) tell(`SHA-256 of ${name}`, sha256, found);
  return file.content;
}

function* verifyFile(name: string, content: Buffer, verification: Verification): Steps<void> {
  const { aliases, password, tell } = verification;
  const sealed =
    name.endsWith(".p12") || name.endsWith(".jks") || (name === "key.pem" && content.includes("ENCRYPTED"));
  if (sealed && password === undefined) tell(`no password is listed for ${name}`);
  if (sealed && typeof password !== "string") return;
  const secret = typeof password === "string" ? password : "";
  if (name === "certificate.pem") verifyCertificate(readPem(content), verification);
  else if (name === "chain.pem") verifyCertificates(name, readPem(content), verification);
  else if (name === "key.pem") verifyKey(name, openPem(content, secret), verification);
  else if (name === "keystore.p12")
    verifyKeystore(name, yield* openPkcs12(content, secret, publicKeyOf), aliases?.pkcs12, verification);
  else if (name === "keystore.jks")
    verifyKeystore(name, openJks(content, secret, publicKeyOf), aliases?.jks, verification);
  else if (name === "truststore.p12") verifyTruststore(name, yield* openPkcs12(content, secret, publicKeyOf), tell);
  else if (name === "truststore.jks") verifyTruststore(name, openJks(content, secret, publicKeyOf), tell);
  else if (name === "truststore.pem" && readPem(content).length === 0) tell(`${name} holds no certificate`);
}

function openPem(content: Buffer, passphrase: string): Buffer {
  if (!content.includes("ENCRYPTED")) return spkiOf({ key: content });
  try {
    return spkiOf({ key: content, passphrase });
  } catch (error) {
    throw new KeystoreError("the password does not open it", { kind: "password", cause: error });
  }
}

/** By way of PKCS#8, so that the public key is not taken from the file but computed. */
function spkiOf(pem: { readonly key: Buffer; readonly passphrase?: string }): Buffer {
  const pkcs8 = createPrivateKey(pem).export({ format: "der", type: "pkcs8" });
  try {
    return publicKeyOf(pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}

/** The device's certificate against the ledger, its issuer and the clock. */
function verifyCertificate(found: readonly Buffer[], verification: Verification): void {
  const { record, chain, nowMs, tell } = verification;
  const [leaf] = found;
  if (leaf === undefined || found.length !== 1) tell("certificates in certificate.pem", "1", String(found.length));
  if (leaf === undefined) return;
  verification.leaf = leaf;
  const fields = readCertificate(leaf);
  const compare = (what: string, expected: string, actual: string) => {
    if (expected !== actual) tell(what, expected, actual);
  };
  compare("SHA-256 of its certificate", record.sha256, sha256Hex(leaf));
  compare("its certificate's serial number", record.serialNumber, fields.serialOctets.toString("hex"));
  compare("its certificate's CN", record.externalId, commonNameOf(fields.subject) ?? "");
  compare("its certificate's end", isoTime(record.notAfterMs), isoTime(fields.notAfterMs));
  compare("SHA-256 of its public key", record.publicKeySha256, sha256Hex(fields.spki));
  if (fields.notBeforeMs > nowMs) tell("its certificate is not valid yet", isoTime(nowMs), isoTime(fields.notBeforeMs));
  if (fields.notAfterMs < nowMs && record.stage !== "revoked") {
    tell("its certificate has expired", undefined, isoTime(fields.notAfterMs));
  }
  const { issuer, constrainers } = judgesOf(chain);
  if (issuer === undefined || !isIssuedByOpened(fields, issuer)) tell("its certificate is not signed by the issuer");
  const broken = breaksConstraints(fields, constrainers, true);
  if (broken !== undefined) tell(`its certificate ${broken}`);
}

/** What an issuing chain is asked for each device. */
interface Judges {
  readonly issuer: IssuerToAsk | undefined;
  /** Its certificates with name constraints, mostly none. */
  readonly constrainers: readonly CertificateFields[];
}

const judges = new WeakMap<readonly Buffer[], Judges>();

/** Of each chain, read once. */
function judgesOf(chain: readonly Buffer[]): Judges {
  const known = judges.get(chain);
  if (known !== undefined) return known;
  const [issuer] = chain;
  const read = {
    issuer: issuer === undefined ? undefined : openIssuer(issuer),
    constrainers: chain
      .map(readCertificate)
      .filter(({ extensions }) => extensions.some(({ oid }) => oid === EXTENSION.nameConstraints)),
  };
  judges.set(chain, read);
  return read;
}

/** A chain as written: the device's certificate, then every issuer up to the anchor. */
function verifyCertificates(name: string, found: readonly Buffer[], { leaf, chain, tell }: Verification): void {
  if (found.length !== chain.length + 1)
    tell(`certificates in ${name}`, String(chain.length + 1), String(found.length));
  for (const [index, expected] of [leaf, ...chain].entries()) {
    const actual = found[index];
    if (actual === undefined || expected === undefined || actual.equals(expected)) continue;
    const which = index === 0 ? "the device's own" : `number ${index + 1}`;
    tell(`certificate in ${name}, ${which}`, sha256Hex(expected), sha256Hex(actual));
  }
}

/** `publicKey` is the SubjectPublicKeyInfo that belongs to the private key. */
function verifyKey(name: string, publicKey: Buffer, { record, tell }: Verification): void {
  const found = sha256Hex(publicKey);
  if (found !== record.publicKeySha256) {
    tell(`the key in ${name} is not the certificate's`, record.publicKeySha256, found);
  }
}

function verifyKeystore(
  name: string,
  contents: KeystoreContents<Buffer>,
  alias: string | undefined,
  verification: Verification,
): void {
  const { tell } = verification;
  if (contents.privateKey === undefined) tell(`${name} holds no key`);
  else verifyKey(name, contents.privateKey, verification);
  // Java folds an alias when it looks one up, and a JKS holds it in lower case.
  if (alias !== undefined && contents.alias?.toLowerCase() !== alias.toLowerCase()) {
    tell(`alias in ${name}`, alias, contents.alias ?? "");
  }
  verifyCertificates(name, contents.certificates, verification);
}

function verifyTruststore(name: string, contents: KeystoreContents<Buffer>, tell: Tell): void {
  if (contents.trusted.length === 0) tell(`${name} holds no certificate that Java would trust`);
  if (contents.privateKey !== undefined) tell(`${name} holds a key`);
}

function readPem(content: Buffer): readonly Buffer[] {
  return readPemCertificates(content.toString("latin1"));
}

function sha256Hex(octets: Uint8Array): string {
  return hash("sha256", octets, "hex");
}
