import { hash } from "node:crypto";
import { derNull, derOctetString, derOid, derSequence } from "../asn1/der.ts";
import type { RandomOctets } from "./random-pool.ts";

/** Sun's own "Java KeyStore", version 2: for clients that cannot read PKCS#12. Its protection is one pass of SHA-1. */

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const KEY_ENTRY = 1;
const TRUSTED_ENTRY = 2;
/** Mixed into the integrity digest. */
const WHITENER = Buffer.from("Mighty Aphrodite", "latin1");
const CERTIFICATE_TYPE = utf("X.509");
/** Sun's JKS key protector: no parameters. */
const KEY_PROTECTOR = derSequence(derOid("1.3.6.1.4.1.42.2.17.1.1"), derNull());
const DIGEST_OCTETS = 20;

export interface JksKeystore {
  /** Written in lower case, since Java looks aliases up that way. */
  readonly alias: string;
  readonly pkcs8: Uint8Array;
  /** Device certificate first, anchor last, DER. */
  readonly chain: readonly Uint8Array[];
  /** For store and key alike: Java's KeyManagerFactory takes only one. */
  readonly password: string;
  readonly createdAtMs: number;
}

/** A JKS keystore with one key and its chain. */
export function writeJksKeystore(keystore: JksKeystore, random: RandomOctets): Buffer {
  const password = utf16(keystore.password);
  const protectedKey = derSequence(KEY_PROTECTOR, derOctetString(protectKey(keystore.pkcs8, password, random)));
  const entry = [
    u32(KEY_ENTRY),
    utf(keystore.alias.toLowerCase()),
    u64(keystore.createdAtMs),
    u32(protectedKey.length),
    protectedKey,
    u32(keystore.chain.length),
    ...keystore.chain.flatMap(certificateOctets),
  ];
  return seal([entry], password);
}

export interface JksTruststore {
  readonly certificates: readonly {
    readonly alias: string;
    readonly certificate: Uint8Array;
    /** Default: the truststore's own. */
    readonly createdAtMs?: number;
  }[];
  readonly password: string;
  readonly createdAtMs: number;
}

/** A JKS truststore: certificates only. */
export function writeJksTruststore(truststore: JksTruststore): Buffer {
  const entries = truststore.certificates.map(({ alias, certificate, createdAtMs = truststore.createdAtMs }) => [
    u32(TRUSTED_ENTRY),
    utf(alias.toLowerCase()),
    u64(createdAtMs),
    ...certificateOctets(certificate),
  ]);
  return seal(entries, utf16(truststore.password));
}

function seal(entries: readonly (readonly Uint8Array[])[], password: Buffer): Buffer {
  const body = Buffer.concat([u32(MAGIC), u32(VERSION), u32(entries.length), ...entries.flat()]);
  const digested = Buffer.concat([password, WHITENER, body]);
  const digest = hash("sha1", digested, "buffer");
  digested.fill(0, 0, password.length);
  password.fill(0);
  return Buffer.concat([body, digest]);
}

/** salt, key XOR a stream of chained digests, digest of the key: Sun's JKS key protector. */
function protectKey(pkcs8: Uint8Array, password: Buffer, random: RandomOctets): Buffer {
  const sealed = Buffer.alloc(DIGEST_OCTETS + pkcs8.length + DIGEST_OCTETS);
  const salt = random(DIGEST_OCTETS);
  sealed.set(salt);
  const seed = Buffer.alloc(password.length + DIGEST_OCTETS);
  seed.set(password);
  let stream: Buffer = salt;
  for (let start = 0; start < pkcs8.length; start += DIGEST_OCTETS) {
    seed.set(stream, password.length);
    stream = hash("sha1", seed, "buffer");
    const end = Math.min(start + DIGEST_OCTETS, pkcs8.length);
    for (let index = start; index < end; index++) {
      sealed[DIGEST_OCTETS + index] = (pkcs8[index] ?? 0) ^ (stream[index - start] ?? 0);
    }
  }
  const checked = Buffer.alloc(password.length + pkcs8.length);
  checked.set(password);
  checked.set(pkcs8, password.length);
  sealed.set(hash("sha1", checked, "buffer"), DIGEST_OCTETS + pkcs8.length);
  for (const secret of [seed, stream, checked]) secret.fill(0);
  return sealed;
}

function certificateOctets(certificate: Uint8Array): Uint8Array[] {
  return [CERTIFICATE_TYPE, u32(certificate.length), certificate];
}

function utf16(text: string): Buffer {
  const octets = Buffer.alloc(text.length * 2);
  octets.write(text, "utf16le");
  return octets.swap16();
}

/** Java's modified UTF-8 with its length: each UTF-16 unit for itself, and NUL in two octets. */
function utf(text: string): Buffer {
  const octets: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x800) octets.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
    else if (unit >= 0x80 || unit === 0) octets.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else octets.push(unit);
  }
  return Buffer.from([octets.length >> 8, octets.length & 0xff, ...octets]);
}

function u32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

function u64(value: number): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt(Math.trunc(value)));
  return octets;
}
