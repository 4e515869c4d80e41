import { createHmac, createPrivateKey, type KeyObject, pbkdf2Sync } from "node:crypto";
import forge from "node-forge";
import { checkDerivationCost, checkRoundCount } from "./derivation-cost.ts";

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
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
  trustedKeyUsage: "2.16.840.1.113894.746875.1.1",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  pbmac1: "1.2.840.113549.1.5.14",
} as const;

const MAC_DIGESTS: Readonly<Record<string, { readonly name: string; readonly length: number }>> = {
  "1.3.14.3.2.26": { name: "sha1", length: 20 },
  "2.16.840.1.101.3.4.2.1": { name: "sha256", length: 32 },
  "2.16.840.1.101.3.4.2.2": { name: "sha384", length: 48 },
  "2.16.840.1.101.3.4.2.3": { name: "sha512", length: 64 },
};
/** HMAC by the digest that it is over (RFC 8018, B.1). */
const HMACS: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.8": "sha224",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};
const HMAC_SHA1 = "1.2.840.113549.2.7";
/** Nested bags go no deeper in any file that a tool has written. */
const MAX_DEPTH = 4;

/** A passphrase that is absent derives other keys than an empty one (RFC 7292, B.1). */
export type Pkcs12Secret = string | null;

/** What a PKCS#12 file is, as far as that shows without a passphrase. */
export interface Pkcs12Outline {
  /** The AuthenticatedSafe's octets, which the MAC is over. */
  readonly safe: Octets;
  readonly contents: readonly Asn1[];
  readonly mac?: Pkcs12Mac;
}

interface Pkcs12Mac {
  /** As OpenSSL names it. */
  readonly digest: string;
  readonly length: number;
  /** The classic derivation of PKCS#12, or PBMAC1 with PBKDF2 over this digest (RFC 9579). */
  readonly derivation: "pkcs12" | { readonly digest: string };
  readonly value: Buffer;
  readonly salt: Octets;
  readonly rounds: number;
}

/**
 * PFX (RFC 7292, 4): takes it apart as far as that goes without a passphrase, and bounds what it will cost to open. Throws
 * `RangeError`, `DerError` or an error of forge's for what is none, or of a kind that is not read here.
 */
export function readPkcs12Outline(content: Buffer): Pkcs12Outline {
  const [, authSafe, macPart] = children(forge.asn1.fromDer(content.toString("latin1")));
  const { oid, value } = contentInfo(authSafe);
  if (oid !== OID.content) throw new RangeError("no PKCS#12 file protected by a passphrase");
  const safe = octets(value);
  const contents = children(forge.asn1.fromDer(safe));
  for (const algorithm of encryptionsIn(contents)) checkDerivationCost(algorithm);
  return { safe, contents, ...(macPart !== undefined && { mac: readMac(macPart) }) };
}

function readMac(part: Asn1): Pkcs12Mac {
  const [digestInfo, salt, rounds] = children(part);
  const [algorithm, value] = children(digestInfo);
  const oid = oidOf(children(algorithm)[0]);
  if (oid === OID.pbmac1) return { ...readPbmac1(children(algorithm)[1]), value: bytes(octets(value)) };
  const digest = MAC_DIGESTS[oid];
  if (digest === undefined) throw new RangeError(`a MAC of the unknown kind ${oid}`);
  return {
    digest: digest.name,
    length: digest.length,
    derivation: "pkcs12",
    value: bytes(octets(value)),
    salt: octets(salt),
    rounds: rounds === undefined ? 1 : readRounds(rounds),
  };
}

/** PBMAC1-params (RFC 8018, A.5): PBKDF2 and an HMAC; the length of the key has to be told (RFC 9579, 5). */
function readPbmac1(parameters: Asn1 | undefined): Omit<Pkcs12Mac, "value"> {
  const [derivation, scheme] = children(parameters);
  const [kind, settings] = children(derivation);
  const digest = HMACS[oidOf(children(scheme)[0])];
  if (oidOf(kind) !== OID.pbkdf2 || digest === undefined) throw new RangeError("a MAC (PBMAC1) of an unknown kind");
  const [salt, rounds, length, prf] = children(settings);
  const own = prf === undefined ? HMAC_SHA1 : oidOf(children(prf)[0]);
  const derived = HMACS[own];
  if (length?.type !== forge.asn1.Type.INTEGER || derived === undefined) {
    throw new RangeError("a MAC (PBMAC1) without the length of its key, or with an unknown derivation");
  }
  const octetCount = readCount(length);
  if (octetCount < 1 || octetCount > 64) throw new RangeError("a MAC (PBMAC1) with a key of an impossible length");
  return {
    digest,
    length: octetCount,
    derivation: { digest: derived },
    salt: octets(salt),
    rounds: readRounds(required(rounds)),
  };
}

function readRounds(element: Asn1): number {
  checkRoundCount(bytes(text(element)));
  return readCount(element);
}

function readCount(element: Asn1): number {
  const count = bytes(text(element));
  if (count.length < 1 || count.length > 6) throw new RangeError("a number out of range");
  return count.readIntBE(0, count.length);
}

/** Whether the file's MAC is one of this passphrase; true where it has none. */
export function pkcs12MacFits({ safe, mac }: Pkcs12Outline, passphrase: Pkcs12Secret): boolean {
  if (mac === undefined) return true;
  if (mac.derivation !== "pkcs12") {
    const key = pbkdf2Sync(passphrase ?? "", bytes(mac.salt), mac.rounds, mac.length, mac.derivation.digest);
    return createHmac(mac.digest, key).update(bytes(safe)).digest().equals(mac.value);
  }
  const salt = forge.util.createBuffer(mac.salt, "raw");
  const create = { sha1: forge.md.sha1, sha256: forge.md.sha256, sha384: forge.md.sha384, sha512: forge.md.sha512 };
  const digest = create[mac.digest as keyof typeof create].create();
  const key = forge.pkcs12.generateKey(passphrase, salt, 3, mac.rounds, mac.length, digest).getBytes();
  return createHmac(mac.digest, bytes(key)).update(bytes(safe)).digest().equals(mac.value);
}

/** The AlgorithmIdentifiers, DER, of all encryption that shows from outside; a key in an encrypted part does not. */
export function pkcs12Encryptions({ contents }: Pick<Pkcs12Outline, "contents">): readonly Buffer[] {
  return [...encryptionsIn(contents)];
}

function* encryptionsIn(contents: readonly Asn1[]): Generator<Buffer> {
  for (const part of contents) {
    const { oid, value } = contentInfo(part);
    if (oid === OID.encryptedContent) yield der(encryptedPart(value).algorithm);
    if (oid !== OID.content) continue;
    for (const bag of children(forge.asn1.fromDer(octets(value)))) {
      const [kind, wrapped] = children(bag);
      if (oidOf(kind) === OID.shroudedKeyBag) yield sealOf(only(wrapped));
    }
  }
}

/** The AlgorithmIdentifier, DER, of an EncryptedPrivateKeyInfo. */
function sealOf(sealedKey: Asn1): Buffer {
  return der(required(children(sealedKey)[0]));
}

/** An entry of a PKCS#12 file. */
export interface Pkcs12Bag {
  readonly kind: "key" | "certificate" | "other";
  /** The alias. */
  readonly friendlyName?: string;
  /** What ties a key to its certificate. */
  readonly localKeyId?: Buffer;
  /** Marked by Java as one to trust. */
  readonly trusted: boolean;
  /** DER of a certificate. */
  readonly certificate?: Buffer;
  /** Of a key: opens it. */
  readonly openKey?: () => KeyObject;
}

/** All entries of the file; no key is decrypted before it is asked for. Throws where the passphrase does not fit. */
export function openPkcs12Bags(contents: readonly Asn1[], passphrase: Pkcs12Secret): readonly Pkcs12Bag[] {
  const found: Pkcs12Bag[] = [];
  const takeBags = (bags: Asn1, depth: number): void => {
    if (depth > MAX_DEPTH) throw new RangeError("bags nested too deeply");
    for (const bag of children(bags)) {
      const [oid, wrapped, attributes] = children(bag);
      const value = only(wrapped);
      const named = readAttributes(attributes);
      switch (oidOf(oid)) {
        case OID.keyBag:
          found.push({ ...named, kind: "key", openKey: () => keyOf(value) });
          break;
        case OID.shroudedKeyBag:
          checkDerivationCost(sealOf(value));
          found.push({ ...named, kind: "key", openKey: () => keyOf(decrypt(value, passphrase)) });
          break;
        case OID.certificateBag: {
          const [kind, certificate] = children(value);
          const isX509 = oidOf(kind) === OID.x509;
          const holds = isX509 ? { certificate: bytes(octets(only(certificate))) } : {};
          found.push({ ...named, kind: isX509 ? "certificate" : "other", ...holds });
          break;
        }
        case OID.nestedBags:
          takeBags(value, depth + 1);
          break;
        default:
          found.push({ ...named, kind: "other" });
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
  return found;
}

/** Attributes that are malformed count as absent: they protect nothing. */
function readAttributes(attributes: Asn1 | undefined): Pick<Pkcs12Bag, "friendlyName" | "localKeyId" | "trusted"> {
  let named: { friendlyName?: string; localKeyId?: Buffer } = {};
  let trusted = false;
  for (const attribute of attributes === undefined ? [] : children(attributes)) {
    const [type, values] = children(attribute);
    const oid = oidOf(type);
    const first = values === undefined ? undefined : children(values)[0];
    if (oid === OID.trustedKeyUsage) trusted = true;
    if (first === undefined || Array.isArray(first.value)) continue;
    if (oid === OID.localKeyId) named = { ...named, localKeyId: bytes(first.value) };
    // forge has turned the BMPString into text.
    if (oid === OID.friendlyName) named = { ...named, friendlyName: first.value };
  }
  return { ...named, trusted };
}

/** EncryptedContentInfo (RFC 5652, 8): algorithm, and the contents in one or several pieces. */
function encryptedPart(encryptedContent: Asn1): { readonly algorithm: Asn1; readonly encrypted: Octets } {
  const [, inner] = children(encryptedContent);
  const [, algorithm, encrypted] = children(inner);
  return { algorithm: required(algorithm), encrypted: octets(encrypted) };
}

/** Decrypts `SEQUENCE { algorithm, OCTET STRING }`, whatever is in it. Throws when the passphrase does not fit. */
function decrypt(encrypted: Asn1, passphrase: Pkcs12Secret): Asn1 {
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
