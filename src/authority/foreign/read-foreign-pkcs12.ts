import type { KeyObject } from "node:crypto";
import { DerError } from "../../asn1/read-der.ts";
import { readPemText } from "../../x509/pem.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";
import { readForeignCertificate, unusableFile } from "./foreign-file.ts";
import {
  openPkcs12Bags,
  type Pkcs12Outline,
  type Pkcs12Secret,
  pkcs12MacFits,
  readPkcs12Outline,
} from "./pkcs12-outline.ts";
import { openWith, type Passphrases } from "./read-private-key.ts";

/** A passphrase that is absent derives other keys than an empty one (RFC 7292, B.1). */
const NO_PASSPHRASE = null;

interface ForeignPkcs12 {
  readonly certificates: readonly CertificateFields[];
  readonly key: KeyObject | undefined;
  /** True: anyone who has the file can open it, since no passphrase protects it. */
  readonly isOpen: boolean;
}

interface Pkcs12Contents {
  readonly isOpen: boolean;
  readonly keys: readonly KeyObject[];
  /** DER, in the order of the file. */
  readonly certificates: readonly Buffer[];
}

/**
 * The authority in a PKCS#12 file of any tool: its certificates, and its key where there is one. Errors as
 * those of `readPkcs12`; another kind of file, one with no certificate, or with several keys, is `usage`.
 */
export async function readForeignPkcs12(
  content: Buffer,
  place: string,
  passphrases: Passphrases,
): Promise<ForeignPkcs12> {
  const mistaken = whatElse(content);
  if (mistaken !== undefined) throw unusableFile(place, mistaken);
  const { keys, certificates, isOpen } = await readPkcs12(content, place, passphrases);
  const [key, ...others] = keys;
  if (others.length > 0)
    throw unusableFile(place, `it holds ${keys.length} private keys; export the authority's alone`);
  if (certificates.length === 0) throw unusableFile(place, "it holds no certificate");
  return { certificates: certificates.map((der) => readForeignCertificate(der, place)), key, isOpen };
}

/** What somebody took for a PKCS#12 file, and what to do with it; undefined for all that may be one. */
function whatElse(content: Buffer): string | undefined {
  const magic = content.toString("hex", 0, 4);
  if (magic === "feedfeed" || magic === "cececece") {
    const kind = magic === "feedfeed" ? "JKS" : "JCEKS";
    return `it is a Java keystore (${kind}), no PKCS#12 file; convert it with: keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype PKCS12`;
  }
  if (readPemText(content).includes("-----BEGIN ")) {
    return "it is a PEM file, no PKCS#12 file; name it by --certificate, and its key by --key";
  }
  return undefined;
}

/**
 * Reads a PKCS#12 file of any tool (RFC 7292), BER included: PBES2, and the older 3DES and RC2, which
 * OpenSSL no longer reads by itself. forge knows RSA keys only, so it takes the file apart and decrypts,
 * and Node's OpenSSL reads the keys. What is no PKCS#12 file is `usage`; one that no passphrase opens is
 * `issuer-unusable`.
 */
async function readPkcs12(content: Buffer, place: string, passphrases: Passphrases): Promise<Pkcs12Contents> {
  const pfx = understood(place, () => readPkcs12Outline(content));
  const open = openWithout(pfx);
  if (open !== undefined) return { ...open, isOpen: true };
  return openWith(passphrases, place, (passphrase) => {
    if (!pkcs12MacFits(pfx, passphrase)) throw new Error("the passphrase does not fit the MAC");
    try {
      return { ...openContents(pfx.contents, passphrase), isOpen: false };
    } catch (cause) {
      // The MAC has verified the passphrase: what fails now is wrong in the file.
      if (pfx.mac === undefined) throw cause;
      throw unusableFile(place, `its contents are not ones that are read here (${reasonOf(cause)})`, cause);
    }
  });
}

/**
 * What it holds, where no passphrase protects it. OpenSSL writes such a file with the empty passphrase, GnuTLS and
 * Windows with that or with none at all, which derives other keys; some tools mix the two.
 */
function openWithout(pfx: Pkcs12Outline): Omit<Pkcs12Contents, "isOpen"> | undefined {
  const ways = [NO_PASSPHRASE, ""] as const;
  if (!ways.some((way) => pkcs12MacFits(pfx, way))) return undefined;
  for (const way of ways) {
    try {
      const contents = openContents(pfx.contents, way);
      if (contents.keys.length + contents.certificates.length > 0) return contents;
    } catch {
      // Perhaps in the other way, or there is a passphrase after all.
    }
  }
  return undefined;
}

function openContents(contents: Pkcs12Outline["contents"], passphrase: Pkcs12Secret): Omit<Pkcs12Contents, "isOpen"> {
  const bags = openPkcs12Bags(contents, passphrase);
  return {
    keys: bags.flatMap(({ openKey }) => (openKey === undefined ? [] : [openKey()])),
    certificates: bags.flatMap(({ certificate }) => certificate ?? []),
  };
}

function understood<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw unusableFile(place, `it is no PKCS#12 file that can be read here (${reasonOf(cause)})`, cause);
  }
}

/** The message of a reader's error; forge's messages are for programmers and are left out. */
function reasonOf(cause: unknown): string {
  return cause instanceof RangeError || cause instanceof DerError ? cause.message : "unknown form";
}
