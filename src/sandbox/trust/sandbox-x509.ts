import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import {
  derBitString,
  derBoolean,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derUtf8String,
} from "../../asn1/der.ts";

/** ecdsa-with-SHA256 (RFC 5758, 3.2). */
export const ECDSA_WITH_SHA256 = derSequence(derOid("1.2.840.10045.4.3.2"));

/** A name with a common name and nothing else. */
export function derCommonName(commonName: string): Buffer {
  return derSequence(derSetOf(derSequence(derOid("2.5.4.3"), derUtf8String(commonName))));
}

/** One extension (RFC 5280, 4.1). */
export function derExtension(oid: string, value: Uint8Array, critical = false): Buffer {
  return derSequence(derOid(oid), ...(critical ? [derBoolean(true)] : []), derOctetString(value));
}

/** What is to be signed, with the signature of an EC P-256 key. */
export function derSigned(tbs: Buffer, key: KeyObject): Buffer {
  return derSequence(tbs, ECDSA_WITH_SHA256, derBitString(sign("sha256", tbs, key)));
}

/** SubjectPublicKeyInfo of a private key's other half. */
export function derPublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

/** 20 octets that name a key (RFC 7093, 2, method 4, cut to their usual length). */
export function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha256").update(derPublicKey(key)).digest().subarray(0, 20);
}
