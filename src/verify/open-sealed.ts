import { constants, createDecipheriv, type KeyObject, privateDecrypt } from "node:crypto";
import { TAG } from "../asn1/der.ts";
import { type DerElement, DerError, readChildren, readOid, readWhole } from "../asn1/read-der.ts";
import { KeystoreError } from "./keystore-error.ts";

const OID = {
  envelopedData: "1.2.840.113549.1.7.3",
  rsaesOaep: "1.2.840.113549.1.1.7",
  mgf1: "1.2.840.113549.1.1.8",
  sha256: "2.16.840.1.101.3.4.2.1",
  aes256Cbc: "2.16.840.1.101.3.4.1.42",
} as const;
/** A million passwords sealed; a larger file is refused unread. */
export const MAX_SEALED_OCTETS = 128 * 1024 * 1024;
const PEM = /^-----BEGIN CMS-----\n([A-Za-z0-9+/=\n]*)-----END CMS-----\n?$/;

/**
 * Opens CMS EnvelopedData (RFC 5652, 6) in PEM: AES-256-CBC, its key under RSAES-OAEP with SHA-256. Throws
 * `KeystoreError` and nothing else: kind `password` where the key is not the recipient's.
 */
export function openSealed(text: string, key: KeyObject): Buffer {
  try {
    const base64 = PEM.exec(text)?.[1];
    if (base64 === undefined)
      throw new KeystoreError("it is not sealed passwords in PEM, or was cut off", { kind: "damaged" });
    const [type, wrapped] = readChildren(readWhole(Buffer.from(base64, "base64"), TAG.SEQUENCE).content);
    if (oidOf(type) !== OID.envelopedData) throw new KeystoreError("it is not enveloped", { kind: "unsupported" });
    const [, recipients, content] = readChildren(readWhole(contentOf(wrapped), TAG.SEQUENCE).content);
    const contentKey = unwrapKey(contentOf(recipients), key);
    try {
      return decipher(contentOf(content), contentKey);
    } finally {
      contentKey.fill(0);
    }
  } catch (error) {
    if (error instanceof KeystoreError) throw error;
    const reason = error instanceof DerError ? error.message : "it cannot be read";
    throw new KeystoreError(reason, { kind: "damaged", cause: error });
  }
}

/** KeyTransRecipientInfo (RFC 5652, 6.2.1); whether it is meant for this key shows when it opens. */
function unwrapKey(recipients: Buffer, key: KeyObject): Buffer {
  const [recipient, ...others] = readChildren(recipients);
  const [, , algorithm, encrypted] = readChildren(contentOf(recipient));
  if (others.length > 0 || recipient?.tag !== TAG.SEQUENCE || encrypted?.tag !== TAG.OCTET_STRING) {
    throw new KeystoreError("it is sealed to more than one, or in another way", { kind: "unsupported" });
  }
  if (!isOaepSha256(contentOf(algorithm))) {
    throw new KeystoreError("its key is not under RSAES-OAEP with SHA-256", { kind: "unsupported" });
  }
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return privateDecrypt({ key, padding, oaepHash: "sha256" }, encrypted.content);
  } catch (cause) {
    throw new KeystoreError("it is sealed to another key", { kind: "password", cause });
  }
}

/** RSAES-OAEP-params (RFC 4055, 4.1); what is left out there means SHA-1. */
function isOaepSha256(algorithm: Buffer): boolean {
  const [scheme, parameters] = readChildren(algorithm);
  if (oidOf(scheme) !== OID.rsaesOaep) return false;
  const [digest, mask] = readChildren(contentOf(parameters));
  if (digest?.tag !== 0xa0 || mask?.tag !== 0xa1) return false;
  const [digestType] = readChildren(contentOf(readChildren(digest.content)[0]));
  const [mgf1, maskDigest] = readChildren(contentOf(readChildren(mask.content)[0]));
  const [maskType] = readChildren(contentOf(maskDigest));
  return oidOf(digestType) === OID.sha256 && oidOf(mgf1) === OID.mgf1 && oidOf(maskType) === OID.sha256;
}

function decipher(content: Buffer, key: Buffer): Buffer {
  const [, algorithm, encrypted] = readChildren(content);
  const [scheme, iv] = readChildren(contentOf(algorithm));
  if (oidOf(scheme) !== OID.aes256Cbc || iv?.tag !== TAG.OCTET_STRING || encrypted?.tag !== 0x80) {
    throw new KeystoreError("its content is not under AES-256-CBC", { kind: "unsupported" });
  }
  const opening = createDecipheriv("aes-256-cbc", key, iv.content);
  return Buffer.concat([opening.update(encrypted.content), opening.final()]);
}

function contentOf(element: DerElement | undefined): Buffer {
  if (element === undefined) throw new DerError("a structure with a part missing", 0);
  return element.content;
}

function oidOf(element: DerElement | undefined): string {
  if (element?.tag !== TAG.OID) throw new DerError("no object identifier", 0);
  return readOid(element.content);
}
