import { TAG } from "../asn1/der.ts";
import { type DerElement, DerError, readChildren, readElement, readOid, readWhole } from "../asn1/read-der.ts";
import { KEY_USAGES, type KeyUsage } from "../domain/certificate.ts";

/** Certificates are a few kilobytes; what is far larger is no certificate but an attack or a mistake. */
const MAX_CERTIFICATE_OCTETS = 65_536;

export interface CertificateExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** The DER inside the OCTET STRING. */
  readonly value: Buffer;
  readonly raw: Buffer;
}

/** What Node's X509Certificate does not give: the raw names, the key identifiers, the constraints. */
export interface CertificateFields {
  readonly raw: Buffer;
  readonly tbs: Buffer;
  /** 1, 2 or 3. */
  readonly version: number;
  /** Contents of the INTEGER as they stand. */
  readonly serialOctets: Buffer;
  /** Lower-case hex without a leading zero octet. */
  readonly serialNumber: string;
  /** AlgorithmIdentifier inside the signed part and beside the signature (RFC 5280, 4.1.1.2). */
  readonly signedAlgorithm: Buffer;
  readonly outerAlgorithm: Buffer;
  /** Dotted form of the outer one. */
  readonly signatureAlgorithm: string;
  /** DER of the whole Name. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Both Time elements, tags included. */
  readonly times: readonly DerElement[];
  readonly spki: Buffer;
  /** The octets of the BIT STRING beside the signed part. */
  readonly signature: Buffer;
  readonly extensions: readonly CertificateExtension[];
  /** The key identifiers' values (RFC 5280, 4.2.1.1 and 4.2.1.2). */
  readonly subjectKeyId?: Buffer;
  readonly authorityKeyId?: Buffer;
  /** Of the issuer's certificate, where the authority key identifier names it: DER of its issuer's Name, contents of its INTEGER. */
  readonly authorityKeyIssuer?: Buffer;
  readonly authorityKeySerial?: Buffer;
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength?: number };
  readonly keyUsage?: readonly KeyUsage[];
  readonly extendedKeyUsage?: readonly string[];
}

/** Object identifiers of the extensions that lotmint reads and writes (RFC 5280, 4.2.1). */
export const EXTENSION = {
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  certificatePolicies: "2.5.29.32",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
} as const;

/** Reads a DER certificate. Throws `DerError`, and nothing else, for what is not one. */
export function readCertificate(der: Buffer): CertificateFields {
  if (der.length > MAX_CERTIFICATE_OCTETS) throw new DerError("too large for a certificate", 0);
  const [tbs, outerAlgorithm, signature] = readChildren(readWhole(der, TAG.SEQUENCE).content);
  if (tbs?.tag !== TAG.SEQUENCE || outerAlgorithm?.tag !== TAG.SEQUENCE || signature?.tag !== TAG.BIT_STRING) {
    throw new DerError("no certificate's outline", 0);
  }
  const fields = readChildren(tbs.content);
  const version = fields[0]?.tag === 0xa0 ? readVersion(fields.shift()) : 1;
  const [serial, signedAlgorithm, issuer, validity, subject, spki] = fields;
  if (
    serial?.tag !== TAG.INTEGER ||
    serial.content.length === 0 ||
    signedAlgorithm?.tag !== TAG.SEQUENCE ||
    issuer?.tag !== TAG.SEQUENCE ||
    validity?.tag !== TAG.SEQUENCE ||
    subject?.tag !== TAG.SEQUENCE ||
    spki?.tag !== TAG.SEQUENCE
  ) {
    throw new DerError("no certificate's fields", 0);
  }
  const times = readChildren(validity.content);
  const [notBefore, notAfter] = times;
  if (notBefore === undefined || notAfter === undefined || times.length !== 2) throw new DerError("no validity", 0);
  const block = fields.slice(6).find((field) => field.tag === 0xa3);
  const extensions = block === undefined ? [] : readExtensions(block);
  return {
    raw: der,
    tbs: tbs.raw,
    version,
    serialOctets: serial.content,
    serialNumber: serial.content.toString("hex").replace(/^(00)+(?=..)/, ""),
    signedAlgorithm: signedAlgorithm.raw,
    outerAlgorithm: outerAlgorithm.raw,
    signatureAlgorithm: readAlgorithm(outerAlgorithm),
    issuer: issuer.raw,
    subject: subject.raw,
    notBeforeMs: readTime(notBefore),
    notAfterMs: readTime(notAfter),
    times,
    spki: spki.raw,
    signature: signature.content.subarray(1),
    extensions,
    ...readKnownExtensions(extensions),
  };
}

/** The names in a certificate, DER, for those who need nothing else of it. Throws `DerError`. */
export function readNames(der: Buffer): Pick<CertificateFields, "issuer" | "subject"> {
  const tbs = readElement(readWhole(der, TAG.SEQUENCE).content);
  const fields = readChildren(tbs.content);
  const [, , issuer, , subject] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  if (issuer?.tag !== TAG.SEQUENCE || subject?.tag !== TAG.SEQUENCE) throw new DerError("no certificate's fields", 0);
  return { issuer: issuer.raw, subject: subject.raw };
}

function readVersion(element: DerElement | undefined): number {
  const octet = element === undefined ? undefined : readWhole(element.content, TAG.INTEGER).content;
  if (octet?.length !== 1 || octet[0] === undefined || octet[0] > 2) throw new DerError("an unknown version", 0);
  return octet[0] + 1;
}

function readAlgorithm(element: DerElement): string {
  return readOid(first(element.content, TAG.OID).content);
}

function first(content: Buffer, tag: number): DerElement {
  const element = readElement(content);
  if (element.tag !== tag)
    throw new DerError(`tag 0x${element.tag.toString(16)} where 0x${tag.toString(16)} belongs`, 0);
  return element;
}

/** UTCTime or GeneralizedTime in the one form that RFC 5280 allows (4.1.2.5.1, 4.1.2.5.2). */
export function readTime(element: DerElement): number {
  const text = element.content.toString("latin1");
  let digits = "";
  if (element.tag === TAG.UTC_TIME && /^\d{12}Z$/.test(text))
    digits = (Number(text.slice(0, 2)) < 50 ? "20" : "19") + text;
  if (element.tag === TAG.GENERALIZED_TIME && /^\d{14}Z$/.test(text)) digits = text;
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) throw new DerError("a time that is none", 0);
  return ms;
}

function readExtensions(block: DerElement): CertificateExtension[] {
  const list = readChildren(readWhole(block.content, TAG.SEQUENCE).content);
  return list.map((element) => {
    const parts = readChildren(element.content);
    const oid = parts[0];
    const value = parts.at(-1);
    const critical = parts.length === 3 ? parts[1] : undefined;
    if (
      oid?.tag !== TAG.OID ||
      value?.tag !== TAG.OCTET_STRING ||
      parts.length > 3 ||
      (parts.length === 3 && critical?.tag !== TAG.BOOLEAN)
    ) {
      throw new DerError("an extension that is none", 0);
    }
    return {
      oid: readOid(oid.content),
      critical: critical !== undefined && critical.content[0] !== 0,
      value: value.content,
      raw: element.raw,
    };
  });
}

type KnownExtensions = Pick<
  CertificateFields,
  | "subjectKeyId"
  | "authorityKeyId"
  | "authorityKeyIssuer"
  | "authorityKeySerial"
  | "basicConstraints"
  | "keyUsage"
  | "extendedKeyUsage"
>;

function readKnownExtensions(extensions: readonly CertificateExtension[]): KnownExtensions {
  const valueIn = (oid: string) => extensions.find((extension) => extension.oid === oid)?.value;
  const subjectKeyId = valueIn(EXTENSION.subjectKeyId);
  const authorityKey = valueIn(EXTENSION.authorityKeyId);
  const constraints = valueIn(EXTENSION.basicConstraints);
  const usage = valueIn(EXTENSION.keyUsage);
  const purposes = valueIn(EXTENSION.extendedKeyUsage);
  return {
    ...(subjectKeyId && { subjectKeyId: readWhole(subjectKeyId, TAG.OCTET_STRING).content }),
    ...(authorityKey && readAuthorityKey(authorityKey)),
    ...(constraints && { basicConstraints: readBasicConstraints(constraints) }),
    ...(usage && { keyUsage: readKeyUsage(usage) }),
    ...(purposes && {
      extendedKeyUsage: readChildren(readWhole(purposes, TAG.SEQUENCE).content).map((oid) => readOid(oid.content)),
    }),
  };
}

/** AuthorityKeyIdentifier: the key's identifier, and the issuer's certificate by name and number (RFC 5280, 4.2.1.1). */
function readAuthorityKey(
  value: Buffer,
): Pick<CertificateFields, "authorityKeyId" | "authorityKeyIssuer" | "authorityKeySerial"> {
  const fields = readChildren(readWhole(value, TAG.SEQUENCE).content);
  const contentOf = (tag: number) => fields.find((field) => field.tag === tag)?.content;
  const keyId = contentOf(0x80);
  const serial = contentOf(0x82);
  const names = contentOf(0xa1);
  // Of several the first name counts, as with OpenSSL.
  const name = names === undefined ? undefined : readChildren(names).find(({ tag }) => tag === 0xa4);
  return {
    ...(keyId && { authorityKeyId: keyId }),
    ...(name && { authorityKeyIssuer: readWhole(name.content, TAG.SEQUENCE).raw }),
    ...(serial && { authorityKeySerial: serial }),
  };
}

function readBasicConstraints(value: Buffer): { readonly ca: boolean; readonly pathLength?: number } {
  const fields = readChildren(readWhole(value, TAG.SEQUENCE).content);
  const ca = fields[0]?.tag === TAG.BOOLEAN && fields[0].content[0] !== 0;
  const length = fields.find((field) => field.tag === TAG.INTEGER);
  if (length === undefined) return { ca };
  if (length.content.length === 0 || length.content.length > 4) throw new DerError("a path length out of range", 0);
  return { ca, pathLength: length.content.readIntBE(0, length.content.length) };
}

function readKeyUsage(value: Buffer): KeyUsage[] {
  const bits = readWhole(value, TAG.BIT_STRING).content;
  // Octet 0 counts the unused bits; the usages fit into octet 1.
  return KEY_USAGES.filter((_usage, bit) => ((bits[1] ?? 0) & (0x80 >> bit)) !== 0);
}
