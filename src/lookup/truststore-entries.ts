import { TAG } from "../asn1/der.ts";
import {
  openPkcs12Bags,
  type Pkcs12Bag,
  pkcs12Encryptions,
  pkcs12MacFits,
  readPkcs12Outline,
} from "../authority/foreign/pkcs12-outline.ts";
import type { OnboardingError } from "../domain/error.ts";
import { readPemText, tidyPemText } from "../x509/pem.ts";
import { encryptionName } from "./inspect/encryption-name.ts";
import { readPemBlocks } from "./inspect/pem-blocks.ts";
import { isJks, jksDigestFits, readJksEntries } from "./inspect/read-jks-entries.ts";
import { unreadableFile } from "./inspect/unreadable-file.ts";

/** A truststore that another tool may have made. */
export interface TruststoreContents {
  readonly format: "pkcs12" | "jks" | "pem";
  /** How a PKCS#12 file is protected: as of today, or with 3DES or RC2. */
  readonly recipe: "modern" | "legacy";
  readonly entries: readonly TruststoreEntry[];
}

export interface TruststoreEntry {
  /** Undefined in PEM that has none above the certificate. */
  readonly alias: string | undefined;
  /** DER. */
  readonly certificate: Buffer;
  readonly createdAtMs?: number;
}

/** No truststore is larger. */
export const MOST_TRUSTSTORE_OCTETS = 4 * 1024 * 1024;
const PEM_NAME = /^# alias: (.+)$/gm;

/**
 * The certificates in a truststore, by its content, whatever its name: PKCS#12, JKS or PEM. Throws `usage` with a clause
 * about "it" for what is none, does not open under the password, or holds anything but certificates to trust.
 */
export function readTruststoreEntries(octets: Buffer, password: string): TruststoreContents {
  if (octets.length === 0) throw unreadableFile("it is empty");
  if (isJks(octets)) return jksEntries(octets, password);
  if (octets[0] === TAG.SEQUENCE) return pkcs12Entries(octets, password);
  return pemEntries(octets);
}

function jksEntries(octets: Buffer, password: string): TruststoreContents {
  const { type, entries, isCut } = guarded(() => readJksEntries(octets));
  if (type !== "JKS" || isCut) throw unreadableFile("it is a JCEKS keystore, no truststore that is read here");
  if (entries.some(({ kind }) => kind === "key")) throw holdsKey();
  if (!jksDigestFits(octets, password)) throw notOpened();
  return {
    format: "jks",
    recipe: "modern",
    entries: entries.flatMap(({ alias, certificates: [certificate], createdAtMs }) =>
      certificate === undefined ? [] : [{ alias, certificate, createdAtMs }],
    ),
  };
}

function pkcs12Entries(octets: Buffer, password: string): TruststoreContents {
  const outline = guarded(() => readPkcs12Outline(octets));
  if (!pkcs12MacFits(outline, password)) throw notOpened();
  const bags = guarded(() => openPkcs12Bags(outline.contents, password));
  if (bags.some(({ kind }) => kind === "key")) throw holdsKey();
  const isLegacy = pkcs12Encryptions(outline).some((algorithm) => /3DES|RC2/.test(encryptionName(algorithm)));
  return { format: "pkcs12", recipe: isLegacy ? "legacy" : "modern", entries: bags.map(trustedEntry) };
}

function trustedEntry({ certificate, trusted, friendlyName }: Pkcs12Bag): TruststoreEntry {
  if (certificate !== undefined && trusted) return { alias: friendlyName ?? "", certificate };
  const what = certificate === undefined ? "an entry that is no certificate" : "a certificate that Java does not trust";
  throw unreadableFile(`it holds ${what}, so it is no truststore; see it with lotmint inspect, and build a new one`);
}

function pemEntries(octets: Buffer): TruststoreContents {
  const { blocks, unended } = guarded(() => readPemBlocks(tidyPemText(readPemText(octets))));
  if (blocks.some(({ label }) => label.endsWith("PRIVATE KEY"))) throw holdsKey();
  if (unended > 0) throw unreadableFile("a PEM block in it does not end: it was cut off");
  const entries = blocks.flatMap(({ label, der, above }) => {
    if (label !== "CERTIFICATE" || der === undefined) return [];
    return [{ alias: [...above.matchAll(PEM_NAME)].at(-1)?.[1]?.trim(), certificate: der }];
  });
  if (entries.length === 0)
    throw unreadableFile("it is no truststore: neither PKCS#12 nor JKS, nor PEM with certificates");
  return { format: "pem", recipe: "modern", entries };
}

/** What readers throw at damaged octets; forge's errors have no class of their own. */
function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof RangeError && !/call stack/.test(cause.message) ? ` (${cause.message})` : "";
    throw unreadableFile(`it is damaged, or no truststore${reason}`, cause);
  }
}

function holdsKey(): OnboardingError {
  return unreadableFile("it holds a private key, so it is no truststore; see it with lotmint inspect");
}

function notOpened(): OnboardingError {
  return unreadableFile(
    "the password does not open it, or it was altered; set LOTMINT_FILE_PASSWORD or LOTMINT_FILE_PASSWORD_FILE (without, it is changeit)",
  );
}
