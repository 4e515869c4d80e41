import { TAG } from "../asn1/der.ts";
import { readChildren, readWhole } from "../asn1/read-der.ts";
import { attributeText } from "./attribute-text.ts";
import { type NameAttribute, readName } from "./name-der.ts";
import { type CertificateFields, EXTENSION } from "./read-certificate.ts";

/** Tags of a GeneralName (RFC 5280, 4.2.1.6). */
export const GENERAL_NAME = { email: 0x81, dns: 0x82, directory: 0xa4, uri: 0x86, ip: 0x87 } as const;

/** One name that a certificate gives its holder. */
export interface GeneralName {
  /** One of `GENERAL_NAME`, or another that is not compared here. */
  readonly tag: number;
  /** Contents; of a directory name, the DER of the Name. */
  readonly value: Buffer;
}

const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";
const COMMON_NAME = "2.5.4.3";

/**
 * All names of a certificate that a name constraint speaks of: its subject, the e-mail addresses in it, and its
 * alternative names. Of a device without a DNS name also the common names that look like one, as OpenSSL takes them.
 * Throws `DerError` for what cannot be read.
 */
export function namesOf(
  certificate: Pick<CertificateFields, "subject" | "extensions">,
  isLeaf: boolean,
): GeneralName[] {
  const attributes = readName(certificate.subject).flat();
  const alternative = certificate.extensions
    .filter(({ oid }) => oid === EXTENSION.subjectAltName)
    .flatMap(({ value }) => readChildren(readWhole(value, TAG.SEQUENCE).content))
    .map(readGeneralName);
  const subject = attributes.length === 0 ? [] : [{ tag: GENERAL_NAME.directory, value: certificate.subject }];
  const asHosts = isLeaf && !alternative.some(({ tag }) => tag === GENERAL_NAME.dns);
  return [
    ...subject,
    ...attributes.filter(({ oid }) => oid === EMAIL_ADDRESS).map(({ value }) => ({ tag: GENERAL_NAME.email, value })),
    ...alternative,
    ...(asHosts ? attributes.flatMap(hostOf) : []),
  ];
}

/** A GeneralName out of an extension. A directory name is tagged explicitly. */
export function readGeneralName({ tag, content }: { readonly tag: number; readonly content: Buffer }): GeneralName {
  return { tag, value: tag === GENERAL_NAME.directory ? readWhole(content, TAG.SEQUENCE).raw : content };
}

/** Two labels or more; what has one is a name of something else (X509_check_host of OpenSSL draws the same line). */
const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)+$/;

function hostOf({ oid, tag, value }: NameAttribute): GeneralName[] {
  const text = oid === COMMON_NAME ? attributeText(tag, value)?.replace(/\0+$/, "") : undefined;
  return text !== undefined && HOST.test(text) ? [{ tag: GENERAL_NAME.dns, value: Buffer.from(text, "latin1") }] : [];
}
