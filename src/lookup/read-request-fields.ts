import { TAG } from "../asn1/der.ts";
import { DerError, readChildren, readOid, readWhole } from "../asn1/read-der.ts";
import { type CertificateExtension, readExtensionList } from "../x509/read-certificate.ts";

/** What a PKCS#10 request says, whatever it is worth. */
export interface RequestFields {
  /** DER of the Name. */
  readonly subject: Buffer;
  readonly spki: Buffer;
  /** AlgorithmIdentifier of the signature, DER. */
  readonly algorithm: Buffer;
  /** Those that it asks for. */
  readonly extensions: readonly CertificateExtension[];
}

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

/** Takes a DER request apart (RFC 2986, 4); neither signature nor key is judged. Throws `DerError` for what is none. */
export function readRequestFields(der: Buffer): RequestFields {
  const [info, algorithm, signature] = readChildren(readWhole(der, TAG.SEQUENCE).content);
  if (info?.tag !== TAG.SEQUENCE || algorithm?.tag !== TAG.SEQUENCE || signature?.tag !== TAG.BIT_STRING) {
    throw new DerError("no request's outline", 0);
  }
  const [version, subject, spki, attributes] = readChildren(info.content);
  if (version?.tag !== TAG.INTEGER || subject?.tag !== TAG.SEQUENCE || spki?.tag !== TAG.SEQUENCE) {
    throw new DerError("no request's fields", 0);
  }
  if (attributes !== undefined && attributes.tag !== 0xa0) throw new DerError("no request's attributes", 0);
  const asked = (attributes === undefined ? [] : readChildren(attributes.content)).flatMap((attribute) => {
    const [type, values] = readChildren(attribute.content);
    if (type?.tag !== TAG.OID || readOid(type.content) !== EXTENSION_REQUEST || values === undefined) return [];
    return readChildren(values.content).flatMap((list) => readExtensionList(list.raw));
  });
  return { subject: subject.raw, spki: spki.raw, algorithm: algorithm.raw, extensions: asked };
}
