import { der, derContext, derInteger, derOctetString, derOid, derSequence, derSetOf, TAG } from "../asn1/der.ts";
import type { BackwardWriter } from "./backward-writer.ts";
import type { Encrypted } from "./pbes2.ts";
import type { Protection } from "./pkcs12-protection.ts";

/** The parts of a PKCS#12 file (RFC 7292, 4), each put before what the writer already holds. */

const OID = {
  data: derOid("1.2.840.113549.1.7.1"),
  encryptedData: derOid("1.2.840.113549.1.7.6"),
  shroudedKeyBag: derOid("1.2.840.113549.1.12.10.1.2"),
  certBag: derOid("1.2.840.113549.1.12.10.1.3"),
  x509Certificate: derOid("1.2.840.113549.1.9.22.1"),
  friendlyName: derOid("1.2.840.113549.1.9.20"),
  localKeyId: derOid("1.2.840.113549.1.9.21"),
} as const;
const ZERO = derInteger(0);
const PFX_VERSION = derInteger(3);
/** In the place of a MAC that is not known yet; no digest is longer. */
const NO_MAC = Buffer.alloc(64);

const EXPLICIT_0 = 0xa0;
/** `[0] IMPLICIT OCTET STRING`. */
const IMPLICIT_0 = 0x80;

/** The alias, as an attribute; a BMPString has no terminator. */
export function friendlyName(alias: string): Buffer {
  return derSequence(OID.friendlyName, der(TAG.SET, der(TAG.BMP_STRING, Buffer.from(alias, "utf16le").swap16())));
}

/** The attributes that tie a key to its certificate, with a hole of 20 octets for what they have in common. */
export function keyAttributes(alias: string): { readonly attributes: Buffer; readonly keyIdAt: number } {
  const localKeyId = derSequence(OID.localKeyId, der(TAG.SET, derOctetString(Buffer.alloc(20))));
  const attributes = derSetOf(friendlyName(alias), localKeyId);
  return { attributes, keyIdAt: attributes.indexOf(localKeyId) + localKeyId.length - 20 };
}

/** A certificate in its bag, for what is encoded once. */
export function certificateBag(certificate: Uint8Array, ...attributes: readonly Buffer[]): Buffer {
  const bag = derSequence(OID.x509Certificate, derContext(0, derOctetString(certificate)));
  const set = attributes.length > 0 ? [derSetOf(...attributes)] : [];
  return derSequence(OID.certBag, derContext(0, bag), ...set);
}

/** The same, written once per device; `attributes` is an encoded SET. */
export function putCertificateBag(writer: BackwardWriter, certificate: Uint8Array, attributes: Uint8Array): void {
  const end = writer.mark();
  writer.put(attributes);
  const inner = writer.mark();
  writer.put(certificate);
  writer.wrap(TAG.OCTET_STRING, inner);
  writer.wrap(EXPLICIT_0, inner);
  writer.put(OID.x509Certificate);
  writer.wrap(TAG.SEQUENCE, inner);
  writer.wrap(EXPLICIT_0, inner);
  writer.put(OID.certBag);
  writer.wrap(TAG.SEQUENCE, end);
}

/** ContentInfo of encrypted SafeContents (RFC 7292, 4.1; RFC 5652, 8). */
export function putEncryptedContents(writer: BackwardWriter, encrypted: Encrypted): void {
  const end = writer.mark();
  writer.put(encrypted.ciphertext);
  writer.wrap(IMPLICIT_0, end);
  writer.put(encrypted.algorithm);
  writer.put(OID.data);
  writer.wrap(TAG.SEQUENCE, end);
  writer.put(ZERO);
  writer.wrap(TAG.SEQUENCE, end);
  writer.wrap(EXPLICIT_0, end);
  writer.put(OID.encryptedData);
  writer.wrap(TAG.SEQUENCE, end);
}

/** ContentInfo of plain SafeContents that hold one encrypted key. */
export function putKeyContents(writer: BackwardWriter, encrypted: Encrypted, attributes: Uint8Array): void {
  const end = writer.mark();
  writer.put(attributes);
  const inner = writer.mark();
  writer.put(encrypted.ciphertext);
  writer.wrap(TAG.OCTET_STRING, inner);
  writer.put(encrypted.algorithm);
  writer.wrap(TAG.SEQUENCE, inner);
  writer.wrap(EXPLICIT_0, inner);
  writer.put(OID.shroudedKeyBag);
  writer.wrap(TAG.SEQUENCE, end);
  writer.wrap(TAG.SEQUENCE, end);
  wrapPlainContents(writer, end);
}

/** ContentInfo of SafeContents in the clear. */
export function putPlainContents(writer: BackwardWriter, safeContents: Uint8Array): void {
  const end = writer.mark();
  writer.put(safeContents);
  wrapPlainContents(writer, end);
}

function wrapPlainContents(writer: BackwardWriter, end: number): void {
  writer.wrap(TAG.OCTET_STRING, end);
  writer.wrap(EXPLICIT_0, end);
  writer.put(OID.data);
  writer.wrap(TAG.SEQUENCE, end);
}

/**
 * The whole file around what `putContents` puts, which is the elements of the AuthenticatedSafe, last
 * one first. The MAC covers the AuthenticatedSafe's own octets (RFC 7292, 4 and 5.1).
 */
export function writePfx(writer: BackwardWriter, protection: Protection, putContents: () => void): Buffer {
  writer.clear();
  // The default is left out in DER (X.690, 11.5).
  if (protection.iterations !== 1) writer.put(derInteger(protection.iterations));
  writer.put(derOctetString(protection.macSalt));
  const digest = writer.mark();
  writer.put(NO_MAC.subarray(0, protection.macOctets));
  const macEnd = writer.mark();
  writer.wrap(TAG.OCTET_STRING, digest);
  writer.put(protection.macDigest);
  writer.wrap(TAG.SEQUENCE, digest);
  writer.wrap(TAG.SEQUENCE, 0);
  const contents = writer.mark();
  putContents();
  writer.wrap(TAG.SEQUENCE, contents);
  const mac = protection.mac(writer.view(contents));
  writer.wrap(TAG.OCTET_STRING, contents);
  writer.wrap(EXPLICIT_0, contents);
  writer.put(OID.data);
  writer.wrap(TAG.SEQUENCE, contents);
  writer.put(PFX_VERSION);
  writer.wrap(TAG.SEQUENCE, 0);
  const file = writer.take();
  file.set(mac, file.length - macEnd);
  return file;
}
