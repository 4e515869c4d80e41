import { createPrivateKey, type KeyObject } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { LOT_TRUSTSTORE_PASSWORD, TRUSTSTORE_NAMES } from "../../keystore/lot-truststore.ts";
import { type KeystoreContents, KeystoreError, MAX_KEYSTORE_OCTETS } from "../../verify/keystore-error.ts";
import { readJks } from "../../verify/read-jks.ts";
import { readPkcs12 } from "../../verify/read-strict-pkcs12.ts";
import { readTruststore } from "../../verify/read-truststore.ts";

/** What a device finds in its folder. */
export type OpenedDevice =
  | {
      readonly kind: "opened";
      /** The file that the key came from. */
      readonly file: string;
      readonly key: KeyObject;
      /** DER, its own certificate first. */
      readonly chain: readonly Buffer[];
      readonly truststore?: Truststore;
    }
  | ClosedFile
  /** It has no key here: it made its own. */
  | { readonly kind: "keyless" };

/** A keystore or truststore that does not open. */
interface ClosedFile {
  readonly kind: "closed";
  readonly file: string;
  readonly reason: string;
}

interface Truststore {
  readonly file: string;
  readonly certificates: readonly Buffer[];
}

const KEYSTORES = ["keystore.p12", "keystore.jks", "key.pem"];
const TRUSTSTORES = Object.values(TRUSTSTORE_NAMES);

/**
 * Opens a device's own keystore as the device would: PKCS#12, else JKS, else the key in PEM with its chain;
 * and its truststore, its own or the lot's. Never throws for what stands in the files.
 */
export function openDevice(folder: string, lotFolder: string, password: string | undefined): OpenedDevice {
  const file = KEYSTORES.find((name) => existsSync(join(folder, name)));
  if (file === undefined) return { kind: "keyless" };
  const keystore = attempt(file, () => readKeystore(folder, file, password));
  if (keystore.kind === "closed") return keystore;
  const { privateKey: key, certificates: chain } = keystore.value;
  if (key === undefined || chain.length === 0) {
    return { kind: "closed", file, reason: "it holds no key with a certificate" };
  }
  for (const [place, secret] of [
    [folder, password],
    [lotFolder, LOT_TRUSTSTORE_PASSWORD],
  ] as const) {
    const name = TRUSTSTORES.find((each) => existsSync(join(place, each)));
    if (name === undefined) continue;
    const truststore = attempt(name, () => readTruststore(name, readBounded(join(place, name)), secret ?? ""));
    if (truststore.kind === "closed") return truststore;
    return { kind: "opened", file, key, chain, truststore: { file: name, certificates: truststore.value } };
  }
  return { kind: "opened", file, key, chain };
}

/** The value, or why the file did not open. */
function attempt<T>(file: string, read: () => T): { readonly kind: "read"; readonly value: T } | ClosedFile {
  try {
    return { kind: "read", value: read() };
  } catch (error) {
    return { kind: "closed", file, reason: error instanceof KeystoreError ? error.message : "it cannot be read" };
  }
}

function readKeystore(
  folder: string,
  name: string,
  password: string | undefined,
): Pick<KeystoreContents, "privateKey" | "certificates"> {
  const octets = readBounded(join(folder, name));
  if (name.endsWith(".p12")) return readPkcs12(octets, needed(password));
  if (name.endsWith(".jks")) return readJks(octets, needed(password));
  return { privateKey: openKey(octets, password), certificates: readPem(readBounded(join(folder, "chain.pem"))) };
}

function openKey(octets: Buffer, password: string | undefined): KeyObject {
  if (!octets.includes("ENCRYPTED")) return createPrivateKey(octets);
  const passphrase = needed(password);
  try {
    return createPrivateKey({ key: octets, passphrase });
  } catch (cause) {
    throw new KeystoreError("the password does not open it", { kind: "password", cause });
  }
}

function needed(password: string | undefined): string {
  if (password !== undefined) return password;
  throw new KeystoreError("no password is listed for it", { kind: "password" });
}

function readBounded(path: string): Buffer {
  if (statSync(path).size > MAX_KEYSTORE_OCTETS) throw new KeystoreError("the file is over 1 MiB", { kind: "damaged" });
  return readFileSync(path);
}

function readPem(octets: Buffer): Buffer[] {
  const blocks = octets.toString("latin1").matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  return Array.from(blocks, ([, base64]) => Buffer.from(base64 ?? "", "base64"));
}
