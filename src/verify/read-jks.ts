import { createHash, timingSafeEqual } from "node:crypto";
import { TAG } from "../asn1/der.ts";
import { DerError, readChildren, readOid, readWhole } from "../asn1/read-der.ts";
import {
  type KeystoreContents,
  KeystoreError,
  MAX_KEYSTORE_OCTETS,
  type TakeKey,
  type TrustedEntry,
  toKeyObject,
} from "./keystore-error.ts";

const MAGIC = 0xfeedfeed;
const KEY_PROTECTOR = "1.3.6.1.4.1.42.2.17.1.1";
const DIGEST_OCTETS = 20;
const MAX_ENTRIES = 64;

interface KeyEntry {
  readonly alias: string;
  readonly sealed: Buffer;
  readonly certificates: readonly Buffer[];
}

/**
 * Opens a Java keystore of type JKS, version 2: its digest first, then its entries. Key and store have
 * one password. Throws `KeystoreError` and nothing else, in bounded time, whatever the octets.
 */
export function readJks(bytes: Buffer, password: string): KeystoreContents {
  return openJks(bytes, password, toKeyObject);
}

/** The same, with the key as `takeKey` makes it. */
export function openJks<Key>(bytes: Buffer, password: string, takeKey: TakeKey<Key>): KeystoreContents<Key> {
  const secret = Buffer.from(password, "utf16le").swap16();
  try {
    if (bytes.length > MAX_KEYSTORE_OCTETS) throw new KeystoreError("the file is over 1 MiB", { kind: "damaged" });
    const { key, trusted } = readEntries(bytes.subarray(0, Math.max(0, bytes.length - DIGEST_OCTETS)));
    if (!digestFits(bytes, secret)) {
      // The key is protected by a digest of its own: if that fits, the password is right.
      const known = key !== undefined && tryOpen(key.sealed, secret);
      throw known
        ? new KeystoreError("the digest does not fit, although the password opens the key", { kind: "damaged" })
        : new KeystoreError("the password does not open it", { kind: "password" });
    }
    if (key === undefined) return { certificates: [], trusted };
    return {
      alias: key.alias,
      privateKey: openKey(key.sealed, secret, takeKey),
      certificates: key.certificates,
      trusted,
    };
  } catch (error) {
    if (error instanceof KeystoreError) throw error;
    const reason = error instanceof DerError ? error.message : "the file ends early";
    throw new KeystoreError(reason, { kind: "damaged", cause: error });
  } finally {
    secret.fill(0);
  }
}

function readEntries(bytes: Buffer): { readonly key?: KeyEntry; readonly trusted: readonly TrustedEntry[] } {
  let offset = 12;
  const take = (length: number) => {
    if (length > bytes.length - offset)
      throw new KeystoreError(`it ends early, at offset ${offset}`, { kind: "damaged" });
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  const takeNumber = () => take(4).readUInt32BE();
  const takeText = () => readModifiedUtf8(take(take(2).readUInt16BE()));
  const takeCertificate = () => {
    const type = takeText();
    if (type !== "X.509") throw new KeystoreError("it holds a certificate that is not X.509", { kind: "damaged" });
    return take(takeNumber());
  };

  if (bytes.length < 12 || bytes.readUInt32BE(0) !== MAGIC || bytes.readUInt32BE(4) !== 2) {
    throw new KeystoreError("it is not a JKS file of version 2", { kind: "damaged" });
  }
  const count = bytes.readUInt32BE(8);
  if (count > MAX_ENTRIES) throw new KeystoreError("it holds too many entries", { kind: "damaged" });
  let key: KeyEntry | undefined;
  const trusted: TrustedEntry[] = [];
  for (let entry = 0; entry < count; entry++) {
    const kind = takeNumber();
    const alias = takeText();
    take(8);
    if (kind === 2) {
      trusted.push({ alias, certificate: takeCertificate() });
    } else if (kind === 1) {
      if (key !== undefined) throw new KeystoreError("it holds more than one key", { kind: "unsupported" });
      const sealed = take(takeNumber());
      const length = takeNumber();
      if (length > MAX_ENTRIES) throw new KeystoreError("it holds too many certificates", { kind: "damaged" });
      key = { alias, sealed, certificates: Array.from({ length }, takeCertificate) };
    } else {
      throw new KeystoreError(`it holds an entry of type ${kind}`, { kind: "damaged" });
    }
  }
  if (offset !== bytes.length) throw new KeystoreError("it has octets after its last entry", { kind: "damaged" });
  return { ...(key === undefined ? {} : { key }), trusted };
}

function digestFits(bytes: Buffer, secret: Buffer): boolean {
  const at = bytes.length - DIGEST_OCTETS;
  const digest = createHash("sha1")
    .update(secret)
    .update("Mighty Aphrodite", "latin1")
    .update(bytes.subarray(0, at))
    .digest();
  return timingSafeEqual(digest, bytes.subarray(at));
}

function tryOpen(sealed: Buffer, secret: Buffer): boolean {
  try {
    return openKey(sealed, secret, toKeyObject).type === "private";
  } catch {
    return false;
  }
}

/** Sun's own protector: an XOR with a chain of SHA-1, and a digest over password and key. */
function openKey<Key>(sealed: Buffer, secret: Buffer, takeKey: TakeKey<Key>): Key {
  const [algorithm, octets] = readChildren(readWhole(sealed, TAG.SEQUENCE).content);
  const [oid] = readChildren(algorithm?.content ?? Buffer.alloc(0));
  if (oid?.tag !== TAG.OID || readOid(oid.content) !== KEY_PROTECTOR) {
    throw new KeystoreError("its key has a protection that is not JKS's own", { kind: "unsupported" });
  }
  if (octets?.tag !== TAG.OCTET_STRING || octets.content.length < 2 * DIGEST_OCTETS) {
    throw new KeystoreError("its key ends early", { kind: "damaged" });
  }
  let stream = octets.content.subarray(0, DIGEST_OCTETS);
  const key = Buffer.from(octets.content.subarray(DIGEST_OCTETS, -DIGEST_OCTETS));
  for (let start = 0; start < key.length; start += DIGEST_OCTETS) {
    stream = createHash("sha1").update(secret).update(stream).digest();
    for (let index = 0; index < DIGEST_OCTETS && start + index < key.length; index++) {
      key[start + index] = (key[start + index] ?? 0) ^ (stream[index] ?? 0);
    }
  }
  try {
    const digest = createHash("sha1").update(secret).update(key).digest();
    if (!timingSafeEqual(digest, octets.content.subarray(-DIGEST_OCTETS))) {
      throw new KeystoreError("the password opens the keystore, but not its key", { kind: "password" });
    }
    return takeKey(key);
  } finally {
    key.fill(0);
  }
}

/** Java's UTF-8: NUL as two octets, characters beyond the BMP as two surrogates of three octets each. */
function readModifiedUtf8(octets: Buffer): string {
  let text = "";
  for (let index = 0; index < octets.length; ) {
    const first = octets[index++] ?? 0;
    const tail = () => (octets[index++] ?? 0) & 0x3f;
    if (first < 0x80) text += String.fromCharCode(first);
    else if (first < 0xe0) text += String.fromCharCode(((first & 0x1f) << 6) | tail());
    else text += String.fromCharCode(((first & 0x0f) << 12) | (tail() << 6) | tail());
  }
  return text;
}
