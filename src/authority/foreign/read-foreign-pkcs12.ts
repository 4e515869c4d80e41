import { createHmac, createPrivateKey, type KeyObject } from "node:crypto";
import forge from "node-forge";
import { DerError } from "../../asn1/read-der.ts";
import { readPemText } from "../../x509/pem.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";
import { checkDerivationCost, checkRoundCount } from "./derivation-cost.ts";
import { readForeignCertificate, unusableFile } from "./foreign-file.ts";
import { openWith, type Passphrases } from "./read-private-key.ts";

type Asn1 = forge.asn1.Asn1;
/** Octets as forge has them: a string with one character for each. */
type Octets = string;

const OID = {
  content: "1.2.840.113549.1.7.1",
  encryptedContent: "1.2.840.113549.1.7.6",
  keyBag: "1.2.840.113549.1.12.10.1.1",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certificateBag: "1.2.840.113549.1.12.10.1.3",
  nestedBags: "1.2.840.113549.1.12.10.1.6",
  x509: "1.2.840.113549.1.9.22.1",
  pbes2: "1.2.840.113549.1.5.13",
} as const;

const MAC_DIGESTS: Readonly<Record<string, { readonly name: string; readonly length: number }>> = {
  "1.3.14.3.2.26": { name: "sha1", length: 20 },
  "2.16.840.1.101.3.4.2.1": { name: "sha256", length: 32 },
  "2.16.840.1.101.3.4.2.2": { name: "sha384", length: 48 },
  "2.16.840.1.101.3.4.2.3": { name: "sha512", length: 64 },
};
/** Nested bags go no deeper in any file that a tool has written. */
const MAX_DEPTH = 4;

/** A passphrase that is absent derives other keys than an empty one (RFC 7292, B.1). */
const NO_PASSPHRASE = null;
type Secret = string | typeof NO_PASSPHRASE;

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
  const pfx = understood(place, () => readOutline(content));
  const open = openWithout(pfx);
  if (open !== undefined) return { ...open, isOpen: true };
  return openWith(passphrases, place, (passphrase) => {
    if (!macFits(pfx, passphrase)) throw new Error("the passphrase does not fit the MAC");
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
function openWithout(pfx: Outline): Omit<Pkcs12Contents, "isOpen"> | undefined {
  const ways = [NO_PASSPHRASE, ""] as const;
  if (!ways.some((way) => macFits(pfx, way))) return undefined;
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

interface Outline {
  /** The AuthenticatedSafe's octets, which the MAC is over. */
  readonly safe: Octets;
  readonly contents: readonly Asn1[];
  readonly mac?: { readonly digest: string; readonly length: number } & {
    readonly value: Buffer;
    readonly salt: Octets;
    readonly rounds: number;
  };
}

/** PFX (RFC 7292, 4): takes it apart as far as that goes without a passphrase, and bounds what it will cost to open. */
function readOutline(content: Buffer): Outline {
  const [, authSafe, macPart] = children(forge.asn1.fromDer(content.toString("latin1")));
  const { oid, value } = contentInfo(authSafe);
  if (oid !== OID.content) throw new RangeError("no PKCS#12 file protected by a passphrase");
  const safe = octets(value);
  const contents = children(forge.asn1.fromDer(safe));
  for (const part of contents) checkCosts(part);
  return { safe, contents, ...(macPart !== undefined && { mac: readMac(macPart) }) };
}

function readMac(part: Asn1): NonNullable<Outline["mac"]> {
  const [digestInfo, salt, rounds] = children(part);
  const [algorithm, value] = children(digestInfo);
  const oid = oidOf(children(algorithm)[0]);
  const digest = MAC_DIGESTS[oid];
  if (digest === undefined) throw new RangeError(`a MAC of the unknown kind ${oid}`);
  const count = rounds === undefined ? Buffer.from([1]) : bytes(text(rounds));
  checkRoundCount(count);
  return {
    digest: digest.name,
    length: digest.length,
    value: bytes(octets(value)),
    salt: octets(salt),
    rounds: count.readIntBE(0, count.length),
  };
}

function macFits({ safe, mac }: Outline, passphrase: Secret): boolean {
  if (mac === undefined) return true;
  const salt = forge.util.createBuffer(mac.salt, "raw");
  const create = { sha1: forge.md.sha1, sha256: forge.md.sha256, sha384: forge.md.sha384, sha512: forge.md.sha512 };
  const digest = create[mac.digest as keyof typeof create].create();
  const key = forge.pkcs12.generateKey(passphrase, salt, 3, mac.rounds, mac.length, digest).getBytes();
  return createHmac(mac.digest, bytes(key)).update(bytes(safe)).digest().equals(mac.value);
}

/** What costs time to decrypt in one ContentInfo, as far as it shows from outside. */
function checkCosts(part: Asn1): void {
  const { oid, value } = contentInfo(part);
  if (oid === OID.encryptedContent) checkDerivationCost(der(encryptedPart(value).algorithm));
  if (oid !== OID.content) return;
  for (const bag of children(forge.asn1.fromDer(octets(value)))) checkBagCost(bag);
}

function checkBagCost(bag: Asn1): void {
  const [oid, value] = children(bag);
  if (oidOf(oid) === OID.shroudedKeyBag) checkDerivationCost(der(required(children(only(value))[0])));
}

function openContents(contents: readonly Asn1[], passphrase: Secret): Omit<Pkcs12Contents, "isOpen"> {
  const keys: KeyObject[] = [];
  const certificates: Buffer[] = [];
  const takeBags = (bags: Asn1, depth: number): void => {
    if (depth > MAX_DEPTH) throw new RangeError("bags nested too deeply");
    for (const bag of children(bags)) {
      const [oid, wrapped] = children(bag);
      const value = only(wrapped);
      switch (oidOf(oid)) {
        case OID.keyBag:
          keys.push(keyOf(value));
          break;
        case OID.shroudedKeyBag:
          checkBagCost(bag);
          keys.push(keyOf(decrypt(value, passphrase)));
          break;
        case OID.certificateBag: {
          const [kind, certificate] = children(value);
          if (oidOf(kind) === OID.x509) certificates.push(bytes(octets(only(certificate))));
          break;
        }
        case OID.nestedBags:
          takeBags(value, depth + 1);
          break;
        default:
        // Revocation lists and secrets are nothing to us.
      }
    }
  };
  for (const part of contents) {
    const { oid, value } = contentInfo(part);
    if (oid === OID.content) takeBags(forge.asn1.fromDer(octets(value)), 0);
    else if (oid === OID.encryptedContent) {
      const { algorithm, encrypted } = encryptedPart(value);
      takeBags(decrypt(sequence(algorithm, octetString(encrypted)), passphrase), 0);
    } else throw new RangeError(`contents of the unknown kind ${oid}`);
  }
  return { keys, certificates };
}

/** EncryptedContentInfo (RFC 5652, 8): algorithm, and the contents in one or several pieces. */
function encryptedPart(encryptedContent: Asn1): { readonly algorithm: Asn1; readonly encrypted: Octets } {
  const [, inner] = children(encryptedContent);
  const [, algorithm, encrypted] = children(inner);
  return { algorithm: required(algorithm), encrypted: octets(encrypted) };
}

/** Decrypts `SEQUENCE { algorithm, OCTET STRING }`, whatever is in it. Throws when the passphrase does not fit. */
function decrypt(encrypted: Asn1, passphrase: Secret): Asn1 {
  const [algorithm] = children(encrypted);
  const isPbes2 = oidOf(children(algorithm)[0]) === OID.pbes2;
  // PBKDF2 takes the passphrase in UTF-8; the derivation of PKCS#12 itself takes it in UTF-16 (RFC 7292, B.1).
  const given = isPbes2 ? forge.util.encodeUtf8(passphrase ?? "") : passphrase;
  // forge says null where the padding shows that the passphrase was another.
  // Its types do not say that it knows of an absent passphrase.
  const opened: Asn1 | null = forge.pki.decryptPrivateKeyInfo(encrypted, given as string);
  if (opened === null) throw new RangeError("contents that the passphrase does not decrypt");
  return opened;
}

function keyOf(privateKeyInfo: Asn1): KeyObject {
  const pkcs8 = der(privateKeyInfo);
  try {
    return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  } finally {
    pkcs8.fill(0);
  }
}

function contentInfo(part: Asn1 | undefined): { readonly oid: string; readonly value: Asn1 } {
  const [oid, value] = children(part);
  return { oid: oidOf(oid), value: only(value) };
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

function children(element: Asn1 | undefined): readonly Asn1[] {
  const value = required(element).value;
  if (!Array.isArray(value)) throw new RangeError("a value where a structure belongs");
  return value;
}

function only(element: Asn1 | undefined): Asn1 {
  return required(children(element)[0]);
}

function required(element: Asn1 | undefined): Asn1 {
  if (element === undefined) throw new RangeError("a structure with a part missing");
  return element;
}

/** The octets of an OCTET STRING, in one piece or, in BER, in several. */
function octets(element: Asn1 | undefined): Octets {
  const { value } = required(element);
  return Array.isArray(value) ? value.map(octets).join("") : value;
}

function text(element: Asn1): Octets {
  if (Array.isArray(element.value)) throw new RangeError("a structure where a value belongs");
  return element.value;
}

function oidOf(element: Asn1 | undefined): string {
  return forge.asn1.derToOid(text(required(element)));
}

function bytes(value: Octets): Buffer {
  return Buffer.from(value, "latin1");
}

function der(element: Asn1): Buffer {
  return bytes(forge.asn1.toDer(element).getBytes());
}

function sequence(...elements: Asn1[]): Asn1 {
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.SEQUENCE, true, elements);
}

function octetString(value: Octets): Asn1 {
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.OCTETSTRING, false, value);
}
