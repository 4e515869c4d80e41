import { derContext, derOid, derSequence, headerLength, TAG, writeHeader } from "../../asn1/der.ts";
import type {
  KeyAlgorithm,
  KeyUsage,
  Profile,
  SerialNumber,
  Subject,
  SubjectPart,
  Validity,
} from "../../domain/certificate.ts";
import {
  encodeAuthorityKeyId,
  encodeExtension,
  encodeKeyUsage,
  encodeSignatureAlgorithm,
  encodeSigned,
  encodeSubjectKeyId,
  encodeValidity,
  type SignatureAlgorithm,
} from "../../x509/encode-certificate.ts";
import { encodeSubjectPart } from "../../x509/name-der.ts";
import { EXTENSION, readCertificate } from "../../x509/read-certificate.ts";
import { keyIdOf, readKeyKind } from "../../x509/subject-public-key.ts";
import type { Signer } from "../signer.ts";

/**
 * What every leaf of a lot has in common, encoded once. Plain octets, so that it survives the
 * structured clone to a worker thread.
 */
export interface LeafTemplate {
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** AlgorithmIdentifier of the signature. */
  readonly algorithm: Uint8Array;
  /** What stands between serial number and subject: algorithm, issuer's name, validity. */
  readonly middle: Uint8Array;
  /** The `[3]` extensions for keys that can encipher (RSA) and for those that cannot. */
  readonly enciphering: ExtensionBlock;
  readonly signing: ExtensionBlock;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Encoded extensions with a hole of 20 octets for the subject key identifier. */
interface ExtensionBlock {
  readonly octets: Uint8Array;
  readonly keyIdOffset: number;
}

export interface LeafRequest {
  /** The issuing authority's certificate, DER. */
  readonly issuerCertificate: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly profile: Profile;
  /** What lotmint makes for devices without a request of their own. */
  readonly key: KeyAlgorithm;
  readonly validity: Validity;
}

/** Encodes all that a lot's certificates share. Throws `RangeError` for an ill-formed object identifier in the profile. */
export function buildLeafTemplate(request: LeafRequest): LeafTemplate {
  const issuer = readCertificate(request.issuerCertificate);
  const algorithm = encodeSignatureAlgorithm(request.signatureAlgorithm);
  const validity = encodeValidity(request.validity);
  // The issuer's name is a copy of its own subject, octet by octet: names are compared that way (RFC 5280, 4.1.2.4).
  const middle = Buffer.concat([algorithm, issuer.subject, validity]);
  const authorityKeyId = issuer.subjectKeyId ?? keyIdOf(issuer.spki);
  const signingUsage = request.profile.keyUsage.filter((usage) => usage !== "keyEncipherment");
  return {
    signatureAlgorithm: request.signatureAlgorithm,
    // Copies of their own: a view into Buffer's pool would take the whole pool along to the worker.
    algorithm: Uint8Array.from(algorithm),
    middle: Uint8Array.from(middle),
    enciphering: encodeExtensions(request.profile, request.profile.keyUsage, authorityKeyId),
    signing: encodeExtensions(request.profile, signingUsage, authorityKeyId),
    notBeforeMs: request.validity.notBeforeMs,
    notAfterMs: request.validity.notAfterMs,
  };
}

function encodeExtensions(profile: Profile, usages: readonly KeyUsage[], authorityKeyId: Buffer): ExtensionBlock {
  const purposes = profile.extendedKeyUsage.map(derOid);
  const policies = profile.policies.map((policy) => derSequence(derOid(policy)));
  const subjectKeyId = encodeSubjectKeyId(Buffer.alloc(20));
  const before = [
    // cA FALSE is the default, hence the empty sequence (RFC 5280, 4.2.1.9; X.690, 11.5).
    encodeExtension(EXTENSION.basicConstraints, true, derSequence()),
    encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(usages)),
    ...(purposes.length > 0 ? [encodeExtension(EXTENSION.extendedKeyUsage, false, derSequence(...purposes))] : []),
    ...(policies.length > 0 ? [encodeExtension(EXTENSION.certificatePolicies, false, derSequence(...policies))] : []),
    subjectKeyId,
  ];
  const after = encodeAuthorityKeyId(authorityKeyId);
  const octets = derContext(3, derSequence(...before, after));
  return { octets: Uint8Array.from(octets), keyIdOffset: octets.length - after.length - 20 };
}

/** What is a leaf's own. */
export interface Leaf {
  readonly serialNumber: SerialNumber;
  /** With CN at its place. */
  readonly subject: Subject;
  /** DER SubjectPublicKeyInfo, of whatever key type. */
  readonly spki: Uint8Array;
}

/** [0] EXPLICIT Version v3. */
const VERSION_3 = Uint8Array.of(0xa0, 3, 2, 1, 2);
/** Room kept before the TBS content for its own tag and length. */
const HEADER_ROOM = 5;

/** One per thread: a leaf is finished before the next begins. */
let scratch = Buffer.alloc(0);

/**
 * Signs one leaf: the signed part is put together from the template's constants and the leaf's own
 * octets, without an ASN.1 library. Returns the whole certificate in DER. `serialNumber` has to
 * stand in the ledger already.
 */
export function signLeaf(template: LeafTemplate, signer: Signer, leaf: Leaf): Buffer {
  if (signer.algorithm !== template.signatureAlgorithm)
    throw new Error("the template is for another signature algorithm");
  if (!/^[4-7][0-9a-f]{39}$/.test(leaf.serialNumber)) throw new RangeError("not a serial number of 20 positive octets");
  const extensions = readKeyKind(leaf.spki) === "rsa" ? template.enciphering : template.signing;
  const name: Uint8Array[] = [];
  let nameLength = 0;
  for (const part of leaf.subject) {
    const rdn = subjectPartOctets(part);
    name.push(rdn);
    nameLength += rdn.length;
  }
  const room = HEADER_ROOM * 2 + 27 + template.middle.length + nameLength + leaf.spki.length + extensions.octets.length;
  if (scratch.length < room) scratch = Buffer.allocUnsafeSlow(room + 4096);

  let at = HEADER_ROOM;
  scratch.set(VERSION_3, at);
  at += VERSION_3.length;
  scratch[at++] = TAG.INTEGER;
  scratch[at++] = 20;
  at += scratch.write(leaf.serialNumber, at, 20, "hex");
  scratch.set(template.middle, at);
  at += template.middle.length;
  at = writeHeader(scratch, at, TAG.SEQUENCE, nameLength);
  for (const rdn of name) {
    scratch.set(rdn, at);
    at += rdn.length;
  }
  scratch.set(leaf.spki, at);
  at += leaf.spki.length;
  scratch.set(extensions.octets, at);
  scratch.set(keyIdOf(leaf.spki), at + extensions.keyIdOffset);
  at += extensions.octets.length;
  const length = at - HEADER_ROOM;
  const start = HEADER_ROOM - headerLength(length);
  writeHeader(scratch, start, TAG.SEQUENCE, length);
  const tbs = scratch.subarray(start, at);
  return encodeSigned(tbs, template.algorithm, signer.sign(tbs));
}

/** Encodings of values that repeat through a lot: organisation, unit, country. Bounded, since a column may feed them. */
const repeating = new Map<string, Buffer>();
const MAX_REPEATING = 512;

function subjectPartOctets(part: SubjectPart): Buffer {
  if (part.attribute === "CN" || part.attribute === "serialNumber") return encodeSubjectPart(part);
  const key = `${part.attribute}=${part.value}`;
  let octets = repeating.get(key);
  if (octets === undefined) {
    if (repeating.size >= MAX_REPEATING) repeating.clear();
    octets = Buffer.from(encodeSubjectPart(part));
    repeating.set(key, octets);
  }
  return octets;
}
