import { TAG } from "../asn1/der.ts";
import { type DerElement, DerError, readChildren, readOid, readWhole } from "../asn1/read-der.ts";

/** The fields of a certificate that the ledger also knows, read from its octets. */
export interface CertificateFields {
  /** Lower-case hex of all octets. */
  readonly serialNumber: string;
  /** DER of both names. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** Absent unless the subject has exactly one. */
  readonly commonName?: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
}

/** Reads a DER certificate's fields (RFC 5280, 4.1) without judging them. Throws `DerError`. */
export function readCertificate(bytes: Buffer): CertificateFields {
  const [tbs] = readChildren(readWhole(bytes, TAG.SEQUENCE).content);
  if (tbs?.tag !== TAG.SEQUENCE) throw new DerError("a certificate without contents", 0);
  const fields = readChildren(tbs.content);
  if (fields[0]?.tag === 0xa0) fields.shift();
  const [serial, , issuer, validity, subject, publicKey] = fields;
  if (
    serial?.tag !== TAG.INTEGER ||
    issuer === undefined ||
    validity === undefined ||
    subject === undefined ||
    publicKey === undefined
  ) {
    throw new DerError("a certificate that ends early", 0);
  }
  const [notBefore, notAfter] = readChildren(validity.content);
  const commonName = readCommonName(subject);
  return {
    serialNumber: serial.content.toString("hex"),
    issuer: issuer.raw,
    subject: subject.raw,
    ...(commonName === undefined ? {} : { commonName }),
    notBeforeMs: readTime(notBefore),
    notAfterMs: readTime(notAfter),
    publicKey: publicKey.raw,
  };
}

function readCommonName(subject: DerElement): string | undefined {
  const found: string[] = [];
  for (const set of readChildren(subject.content)) {
    for (const attribute of readChildren(set.content)) {
      const [type, value] = readChildren(attribute.content);
      if (type?.tag === TAG.OID && value !== undefined && readOid(type.content) === "2.5.4.3") {
        found.push(value.content.toString(value.tag === TAG.UTF8_STRING ? "utf8" : "latin1"));
      }
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

/** UTCTime counts years from 1950 (RFC 5280, 4.1.2.5.1); both end in Z and have seconds. */
function readTime(element: DerElement | undefined): number {
  const text = element?.content.toString("latin1") ?? "";
  const digits = element?.tag === TAG.UTC_TIME ? (Number(text.slice(0, 2)) < 50 ? "20" : "19") + text : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (parts === null) throw new DerError("a date that is none", 0);
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}
