import { createDecipheriv, createHmac, type KeyObject, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { TAG } from "../asn1/der.ts";
import { type DerElement, DerError, readChildren, readElement, readOid, readWhole } from "../asn1/read-der.ts";
import { isSignedBy } from "../x509/is-signed-by.ts";
import { readNames } from "../x509/read-certificate.ts";
import { DERIVE_FOR, derivePkcs12, type Pkcs12Digest, passwordOctets } from "./derive-pkcs12.ts";
import {
  type KeystoreContents,
  KeystoreError,
  MAX_KEYSTORE_OCTETS,
  type TakeKey,
  type TrustedEntry,
  toKeyObject,
} from "./keystore-error.ts";
import { runAlone, type Steps } from "./steps.ts";

const OID = {
  data: "1.2.840.113549.1.7.1",
  encrypted: "1.2.840.113549.1.7.6",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  x509: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
  trustedKeyUsage: "2.16.840.1.113894.746875.1.1",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacSha256: "1.2.840.113549.2.9",
  aes256: "2.16.840.1.101.3.4.1.42",
  pbeSha1TripleDes: "1.2.840.113549.1.12.1.3",
} as const;

const MAC_DIGESTS: Readonly<Record<string, Pkcs12Digest>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
};

/** Rounds that a whole file may cost, so that a mutated count cannot stop the reader for hours. */
const MAX_ITERATIONS = 10_000_000;
const MAX_BAGS = 64;
const MAX_SALT_OCTETS = 1024;

export interface Pkcs12Contents<Key = KeyObject> extends KeystoreContents<Key> {
  /** The fewest rounds that anything in the file is protected by. */
  readonly iterations: number;
}

interface Bag {
  readonly kind: string;
  readonly value: Buffer;
  readonly friendlyName?: string;
  readonly localKeyId?: Buffer;
  readonly trusted: boolean;
}

/** The password in both of its forms, and what opening has cost so far. */
interface Opening {
  readonly utf8: Buffer;
  readonly bmp: Buffer;
  readonly keys: Map<string, Buffer>;
  readonly maxIterations: number;
  spent: number;
  fewest: number;
}

/**
 * Opens a PKCS#12 file (RFC 7292): the MAC first, then everything inside. It knows PBES2 with
 * PBKDF2-HMAC-SHA256 and AES-256-CBC, PBE-SHA1-3DES, and the classic MAC with SHA-1 or SHA-256.
 * Throws `KeystoreError` and nothing else, in bounded time, whatever the octets.
 */
export function readPkcs12(
  bytes: Buffer,
  password: string,
  limits: { readonly maxIterations?: number } = {},
): Pkcs12Contents {
  return runAlone(openPkcs12(bytes, password, toKeyObject, limits));
}

/** The same in steps, so that several files are opened side by side. */
export function* openPkcs12<Key>(
  bytes: Buffer,
  password: string,
  takeKey: TakeKey<Key>,
  limits: { readonly maxIterations?: number } = {},
): Steps<Pkcs12Contents<Key>> {
  const opening: Opening = {
    utf8: Buffer.from(password, "utf8"),
    bmp: passwordOctets(password),
    keys: new Map(),
    maxIterations: limits.maxIterations ?? MAX_ITERATIONS,
    spent: 0,
    fewest: Number.POSITIVE_INFINITY,
  };
  try {
    if (bytes.length > MAX_KEYSTORE_OCTETS) throw new KeystoreError("the file is over 1 MiB", { kind: "damaged" });
    const { safes, macData } = readOuter(bytes);
    const contents = readChildren(readWhole(safes, TAG.SEQUENCE).content);
    if (contents.length > MAX_BAGS) throw new KeystoreError("the file holds too many parts", { kind: "damaged" });
    if (!(yield* macFits(safes, macData, opening))) {
      // With the right password the parts still open; then something else was changed.
      for (const content of contents) {
        if (!(yield* opens(content, opening))) continue;
        throw new KeystoreError("the MAC does not fit, although the password opens the contents", { kind: "damaged" });
      }
      throw new KeystoreError("the password does not open it", { kind: "password" });
    }
    const bags: Bag[] = [];
    for (const content of contents) bags.push(...readBags(yield* openContent(content, opening)));
    if (bags.length > MAX_BAGS) throw new KeystoreError("the file holds too many entries", { kind: "damaged" });
    return yield* assemble(bags, opening, takeKey);
  } catch (error) {
    if (error instanceof KeystoreError) throw error;
    const reason = error instanceof DerError ? error.message : "the file cannot be read";
    throw new KeystoreError(reason, { kind: "damaged", cause: error });
  } finally {
    for (const secret of [opening.utf8, opening.bmp, ...opening.keys.values()]) secret.fill(0);
  }
}

function readOuter(bytes: Buffer): { readonly safes: Buffer; readonly macData: DerElement } {
  const [version, authSafe, macData] = readChildren(readWhole(bytes, TAG.SEQUENCE).content);
  if (version === undefined || readCount(version) !== 3 || authSafe === undefined) {
    throw new KeystoreError("it is not a PKCS#12 file of version 3", { kind: "damaged" });
  }
  const [type, content] = readChildren(authSafe.content);
  if (readTyped(type) !== OID.data) throw new KeystoreError("it is protected by a signature", { kind: "unsupported" });
  if (macData === undefined) throw new KeystoreError("it has no MAC", { kind: "unsupported" });
  return { safes: readWhole(explicit(content), TAG.OCTET_STRING).content, macData };
}

function* macFits(safes: Buffer, macData: DerElement, opening: Opening): Steps<boolean> {
  const [digestInfo, salt, iterations] = readChildren(macData.content);
  const [algorithm, stated] = readChildren(constructed(digestInfo));
  const [oid] = readChildren(constructed(algorithm));
  const digest = MAC_DIGESTS[readTyped(oid)];
  if (digest === undefined) throw new KeystoreError(`its MAC algorithm is ${readTyped(oid)}`, { kind: "unsupported" });
  if (stated?.tag !== TAG.OCTET_STRING) throw new DerError("a MAC without a digest", 0);
  const rounds = spend(iterations === undefined ? 1 : readCount(iterations), opening);
  const length = digest === "sha1" ? 20 : 32;
  const key = yield* derivePkcs12(digest, opening.bmp, readSalt(salt), rounds, DERIVE_FOR.mac, length);
  const computed = createHmac(digest, key).update(safes).digest();
  key.fill(0);
  return stated.content.length === computed.length && timingSafeEqual(stated.content, computed);
}

/** True when one part decrypts, under this password, to something that looks like what belongs there. */
function* opens(content: DerElement, opening: Opening): Steps<boolean> {
  try {
    const [type] = readChildren(content.content);
    const bags = readBags(yield* openContent(content, opening));
    if (readTyped(type) === OID.encrypted) return true;
    const key = bags.find((bag) => bag.kind === OID.shroudedKeyBag);
    return key !== undefined && (yield* openKey(key, opening, toKeyObject)).type === "private";
  } catch {
    return false;
  }
}

/** The SafeContents of one ContentInfo, decrypted where need be. */
function* openContent(content: DerElement, opening: Opening): Steps<Buffer> {
  const [type, value] = readChildren(constructed(content));
  const oid = readTyped(type);
  if (oid === OID.data) return readWhole(explicit(value), TAG.OCTET_STRING).content;
  if (oid !== OID.encrypted) throw new KeystoreError(`it holds content of type ${oid}`, { kind: "unsupported" });
  const [, info] = readChildren(readWhole(explicit(value), TAG.SEQUENCE).content);
  const [, algorithm, octets] = readChildren(constructed(info));
  if (octets?.tag !== 0x80) throw new DerError("encrypted contents that are missing", 0);
  return yield* decrypt(algorithm, octets.content, opening);
}

function readBags(safeContents: Buffer): Bag[] {
  return readChildren(readWhole(safeContents, TAG.SEQUENCE).content).map((bag) => {
    const [kind, value, attributes] = readChildren(constructed(bag));
    let friendlyName: string | undefined;
    let localKeyId: Buffer | undefined;
    let trusted = false;
    for (const attribute of attributes === undefined ? [] : readChildren(constructed(attributes))) {
      const [type, set] = readChildren(constructed(attribute));
      const [first] = readChildren(constructed(set));
      const oid = readTyped(type);
      if (oid === OID.trustedKeyUsage) trusted = true;
      if (first !== undefined && oid === OID.friendlyName) friendlyName = readBmp(first);
      if (first !== undefined && oid === OID.localKeyId) localKeyId = first.content;
    }
    return {
      kind: readTyped(kind),
      value: explicit(value),
      trusted,
      ...(friendlyName === undefined ? {} : { friendlyName }),
      ...(localKeyId === undefined ? {} : { localKeyId }),
    };
  });
}

function* openKey<Key>(bag: Bag, opening: Opening, takeKey: TakeKey<Key>): Steps<Key> {
  const [algorithm, octets] = readChildren(readWhole(bag.value, TAG.SEQUENCE).content);
  if (octets?.tag !== TAG.OCTET_STRING) throw new DerError("a key that is missing", 0);
  const key = yield* decrypt(algorithm, octets.content, opening);
  try {
    return takeKey(key);
  } finally {
    key.fill(0);
  }
}

function* decrypt(algorithm: DerElement | undefined, octets: Buffer, opening: Opening): Steps<Buffer> {
  const [oid, parameters] = readChildren(constructed(algorithm));
  const scheme = readTyped(oid);
  const inside = readChildren(constructed(parameters));
  if (scheme === OID.pbeSha1TripleDes) {
    const salt = readSalt(inside[0]);
    // Key and IV are three chains of SHA-1 together.
    const rounds = spend(readCount(inside[1]), opening, 3);
    const key = yield* derivePkcs12("sha1", opening.bmp, salt, rounds, DERIVE_FOR.key, 24);
    const iv = yield* derivePkcs12("sha1", opening.bmp, salt, rounds, DERIVE_FOR.iv, 8);
    return decipher("des-ede3-cbc", key, iv, octets);
  }
  if (scheme !== OID.pbes2) throw new KeystoreError(`its encryption is ${scheme}`, { kind: "unsupported" });
  const [kdf, kdfParameters] = readChildren(constructed(inside[0]));
  const [cipher, iv] = readChildren(constructed(inside[1]));
  if (readTyped(kdf) !== OID.pbkdf2)
    throw new KeystoreError(`its derivation is ${readTyped(kdf)}`, { kind: "unsupported" });
  if (readTyped(cipher) !== OID.aes256)
    throw new KeystoreError(`its cipher is ${readTyped(cipher)}`, { kind: "unsupported" });
  if (iv?.tag !== TAG.OCTET_STRING || iv.content.length !== 16) throw new DerError("an IV that is not 16 octets", 0);
  return decipher("aes-256-cbc", derivePbkdf2(constructed(kdfParameters), opening), iv.content, octets);
}

function derivePbkdf2(parameters: Buffer, opening: Opening): Buffer {
  const known = opening.keys.get(parameters.toString("hex"));
  if (known !== undefined) return known;
  const [salt, iterations, ...rest] = readChildren(parameters);
  const keyLength = rest[0]?.tag === TAG.INTEGER ? rest.shift() : undefined;
  if (keyLength !== undefined && readCount(keyLength) !== 32) throw new DerError("a key that is not 32 octets", 0);
  // An absent PRF means HMAC-SHA1 (RFC 8018, A.2).
  const prf = rest[0] === undefined ? "HMAC-SHA1" : readTyped(readChildren(constructed(rest[0]))[0]);
  if (prf !== OID.hmacSha256) throw new KeystoreError(`its derivation uses ${prf}`, { kind: "unsupported" });
  const key = pbkdf2Sync(opening.utf8, readSalt(salt), spend(readCount(iterations), opening), 32, "sha256");
  opening.keys.set(parameters.toString("hex"), key);
  return key;
}

function decipher(name: "aes-256-cbc" | "des-ede3-cbc", key: Buffer, iv: Buffer, octets: Buffer): Buffer {
  const cipher = createDecipheriv(name, key, iv);
  return Buffer.concat([cipher.update(octets), cipher.final()]);
}

function* assemble<Key>(bags: readonly Bag[], opening: Opening, takeKey: TakeKey<Key>): Steps<Pkcs12Contents<Key>> {
  const keys = bags.filter((bag) => bag.kind === OID.shroudedKeyBag);
  if (keys.length > 1) throw new KeystoreError("it holds more than one key", { kind: "unsupported" });
  const certificates: { readonly bag: Bag; readonly octets: Buffer }[] = [];
  for (const bag of bags) {
    if (bag.kind === OID.certBag) certificates.push({ bag, octets: readCertBag(bag) });
    else if (!keys.includes(bag))
      throw new KeystoreError(`it holds an entry of type ${bag.kind}`, { kind: "unsupported" });
  }
  const trusted: TrustedEntry[] = certificates
    .filter(({ bag }) => bag.trusted)
    .map(({ bag, octets }) => ({ alias: bag.friendlyName ?? "", certificate: octets }));
  const own = certificates.filter(({ bag }) => !bag.trusted);
  const [key] = keys;
  const leaf = own.find(({ bag }) => key?.localKeyId !== undefined && bag.localKeyId?.equals(key.localKeyId)) ?? own[0];
  const chain = orderChain(
    leaf?.octets,
    own.map(({ octets }) => octets),
  );
  const privateKey = key === undefined ? undefined : yield* openKey(key, opening, takeKey);
  return {
    ...(key?.friendlyName === undefined ? {} : { alias: key.friendlyName }),
    ...(privateKey === undefined ? {} : { privateKey }),
    certificates: chain,
    trusted,
    iterations: opening.fewest,
  };
}

function readCertBag(bag: Bag): Buffer {
  const [type, value] = readChildren(readWhole(bag.value, TAG.SEQUENCE).content);
  if (readTyped(type) !== OID.x509)
    throw new KeystoreError("it holds a certificate that is not X.509", { kind: "unsupported" });
  return readWhole(explicit(value), TAG.OCTET_STRING).content;
}

/** The leaf, then each issuer as far as there is one, then whatever belongs to no chain. */
function orderChain(leaf: Buffer | undefined, all: readonly Buffer[]): Buffer[] {
  if (leaf === undefined) return [];
  const rest = all.filter((octets) => octets !== leaf);
  const chain = [leaf];
  const names = new Map(all.map((octets) => [octets, readNames(octets)]));
  for (let current = leaf; rest.length > 0; ) {
    const issuer = names.get(current)?.issuer;
    const named = rest.filter((octets) => issuer !== undefined && names.get(octets)?.subject.equals(issuer));
    const next = named.length > 1 ? (named.find((octets) => isSignedBy(current, octets)) ?? named[0]) : named[0];
    if (next === undefined) break;
    rest.splice(rest.indexOf(next), 1);
    chain.push(next);
    current = next;
  }
  return [...chain, ...rest];
}

function spend(iterations: number, opening: Opening, chains = 1): number {
  opening.spent += iterations * chains;
  opening.fewest = Math.min(opening.fewest, iterations);
  if (iterations < 1) throw new KeystoreError("it names no rounds", { kind: "damaged" });
  if (opening.spent > opening.maxIterations) {
    throw new KeystoreError(`it asks for more than ${opening.maxIterations} rounds`, { kind: "unsupported" });
  }
  return iterations;
}

function constructed(element: DerElement | undefined): Buffer {
  if (element === undefined || (element.tag & 0x20) === 0) throw new DerError("a structure that is missing", 0);
  return element.content;
}

/** What `[0] EXPLICIT` wraps. */
function explicit(element: DerElement | undefined): Buffer {
  if (element?.tag !== 0xa0) throw new DerError("contents that are missing", 0);
  return readElement(element.content).raw;
}

function readTyped(element: DerElement | undefined): string {
  if (element?.tag !== TAG.OID) throw new DerError("a type that is missing", 0);
  return readOid(element.content);
}

function readCount(element: DerElement | undefined): number {
  if (element?.tag !== TAG.INTEGER || element.content.length === 0 || element.content.length > 6) {
    throw new DerError("a number that is missing or too large", 0);
  }
  return element.content.readIntBE(0, element.content.length);
}

function readSalt(element: DerElement | undefined): Buffer {
  if (element?.tag !== TAG.OCTET_STRING || element.content.length > MAX_SALT_OCTETS) {
    throw new DerError("a salt that is missing or too long", 0);
  }
  return element.content;
}

function readBmp(element: DerElement): string {
  if (element.tag !== TAG.BMP_STRING || element.content.length % 2 !== 0) throw new DerError("a name that is none", 0);
  return Buffer.from(element.content).swap16().toString("utf16le");
}
