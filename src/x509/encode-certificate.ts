import {
  derBitString,
  derBoolean,
  derContext,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derTime,
  headerLength,
  TAG,
  writeHeader,
} from "../asn1/der.ts";
import { KEY_USAGES, type KeyUsage, type Validity } from "../domain/certificate.ts";
import { EXTENSION } from "./read-certificate.ts";

/** Signature algorithms that lotmint signs with (RFC 5758, RFC 4055). */
export type SignatureAlgorithm = "ecdsa-with-SHA256" | "ecdsa-with-SHA384" | "sha256WithRSAEncryption";

/** AlgorithmIdentifier; RSA carries NULL parameters, ECDSA none (RFC 4055, 5; RFC 5758, 3.2). */
export function encodeSignatureAlgorithm(algorithm: SignatureAlgorithm): Buffer {
  switch (algorithm) {
    case "ecdsa-with-SHA256":
      return derSequence(derOid("1.2.840.10045.4.3.2"));
    case "ecdsa-with-SHA384":
      return derSequence(derOid("1.2.840.10045.4.3.3"));
    case "sha256WithRSAEncryption":
      return derSequence(derOid("1.2.840.113549.1.1.11"), derNull());
  }
}

/** Validity: both ends are inclusive, in whole seconds (RFC 5280, 4.1.2.5). */
export function encodeValidity(validity: Validity): Buffer {
  return derSequence(derTime(validity.notBeforeMs), derTime(validity.notAfterMs));
}

/** One Extension; `critical` is left out when false, being the default (X.690, 11.5). */
export function encodeExtension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  const flag = critical ? [derBoolean(true)] : [];
  return derSequence(derOid(oid), ...flag, derOctetString(value));
}

/** KeyUsage as a named bit list: no zero bits at the end (X.690, 11.2.2). */
export function encodeKeyUsage(usages: readonly KeyUsage[]): Buffer {
  let bits = 0;
  let last = -1;
  for (const [bit, usage] of KEY_USAGES.entries()) {
    if (!usages.includes(usage)) continue;
    bits |= 0x80 >> bit;
    last = bit;
  }
  return last < 0 ? derBitString(Buffer.alloc(0)) : derBitString(Buffer.from([bits]), 7 - last);
}

/** The extension with a key identifier's value, as it stands in the key's own certificate and in those that it signs. */
export function encodeSubjectKeyId(keyId: Uint8Array): Buffer {
  return encodeExtension(EXTENSION.subjectKeyId, false, derOctetString(keyId));
}

export function encodeAuthorityKeyId(keyId: Uint8Array): Buffer {
  return encodeExtension(EXTENSION.authorityKeyId, false, derSequence(derContext(0, keyId, false)));
}

/** SEQUENCE { tbs, algorithm, signature }: the outer shape of certificates, requests and revocation lists. */
export function encodeSigned(tbs: Uint8Array, algorithm: Uint8Array, signature: Uint8Array): Buffer {
  const bits = signature.length + 1;
  const length = tbs.length + algorithm.length + headerLength(bits) + bits;
  const signed = Buffer.allocUnsafe(headerLength(length) + length);
  let at = writeHeader(signed, 0, TAG.SEQUENCE, length);
  signed.set(tbs, at);
  at += tbs.length;
  signed.set(algorithm, at);
  at = writeHeader(signed, at + algorithm.length, TAG.BIT_STRING, bits);
  signed[at++] = 0;
  signed.set(signature, at);
  return signed;
}
