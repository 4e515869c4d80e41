import {
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  derUtf8String,
  isPrintableString,
  TAG,
} from "../asn1/der.ts";
import { DerError, readChildren, readOid, readWhole } from "../asn1/read-der.ts";
import { SUBJECT_ATTRIBUTES, type Subject, type SubjectAttribute, type SubjectPart } from "../domain/certificate.ts";
import { attributeText } from "./attribute-text.ts";

/** Last arc of each attribute type below 2.5.4 (X.520). */
const ATTRIBUTE_ARC: Readonly<Record<SubjectAttribute, number>> = {
  CN: 3,
  serialNumber: 5,
  C: 6,
  L: 7,
  ST: 8,
  O: 10,
  OU: 11,
};

/** Upper bounds in characters (RFC 5280, appendix A.1). C has exactly two letters. */
const UPPER_BOUND: Readonly<Record<SubjectAttribute, number>> = {
  CN: 64,
  serialNumber: 64,
  C: 2,
  L: 128,
  ST: 128,
  O: 64,
  OU: 64,
};

/** What keeps a value out of a certificate, as the end of a sentence; undefined when nothing does. */
export function subjectPartProblem(part: SubjectPart): string | undefined {
  const { attribute, value } = part;
  if (value === "") return `${attribute} is empty`;
  if (attribute === "C") {
    return /^[A-Za-z]{2}$/.test(value) ? undefined : "C is not a country code of two letters";
  }
  // Characters, not octets: the bounds count what the string type holds.
  const length = [...value].length;
  if (length > UPPER_BOUND[attribute])
    return `${attribute} has ${length} characters, ${UPPER_BOUND[attribute]} are allowed`;
  if (/[\u0000-\u001f\u007f]/.test(value)) return `${attribute} holds a control character`;
  if (!value.isWellFormed()) return `${attribute} is not valid Unicode`;
  if (attribute === "serialNumber" && !isPrintableString(value)) {
    return "serialNumber holds a character outside A-Z a-z 0-9 space ' ( ) + , - . / : = ?";
  }
  return undefined;
}

/**
 * One relative distinguished name in DER. C and serialNumber are PrintableString, as X.520 demands;
 * all else UTF8String (RFC 5280, 4.1.2.4). Throws `RangeError` for a value that its type cannot hold.
 */
export function encodeSubjectPart(part: SubjectPart): Buffer {
  const printable = part.attribute === "C" || part.attribute === "serialNumber";
  if (printable && !isPrintableString(part.value)) {
    throw new RangeError(`${part.attribute} does not fit a PrintableString`);
  }
  const length = Buffer.byteLength(part.value, "utf8");
  const tag = printable ? TAG.PRINTABLE_STRING : TAG.UTF8_STRING;
  // Past this, lengths no longer fit into one octet each.
  if (length > 116) return encodeLongPart(part, printable);
  const rdn = Buffer.allocUnsafe(length + 11);
  rdn[0] = TAG.SET;
  rdn[1] = length + 9;
  rdn[2] = TAG.SEQUENCE;
  rdn[3] = length + 7;
  rdn[4] = TAG.OID;
  rdn[5] = 3;
  rdn[6] = 0x55;
  rdn[7] = 4;
  rdn[8] = ATTRIBUTE_ARC[part.attribute];
  rdn[9] = tag;
  rdn[10] = length;
  rdn.write(part.value, 11, "utf8");
  return rdn;
}

function encodeLongPart({ attribute, value }: SubjectPart, printable: boolean): Buffer {
  const text = printable ? derPrintableString(value) : derUtf8String(value);
  return derSetOf(derSequence(derOid(`2.5.4.${ATTRIBUTE_ARC[attribute]}`), text));
}

/** A whole name in DER, in the order given. */
export function encodeSubject(subject: Subject): Buffer {
  return derSequence(...subject.map(encodeSubjectPart));
}

/** One attribute of a DER name, as it stands there. */
export interface NameAttribute {
  readonly oid: string;
  /** Undefined for one that lotmint does not write. */
  readonly attribute: SubjectAttribute | undefined;
  readonly tag: number;
  readonly value: Buffer;
}

/** The attributes of a DER name, grouped by relative distinguished name. Throws `DerError` for what is not a name. */
export function readName(raw: Buffer): readonly (readonly NameAttribute[])[] {
  return readChildren(readWhole(raw, TAG.SEQUENCE).content).map((rdn) =>
    readChildren(rdn.content).map((pair) => {
      const [type, value] = readChildren(pair.content);
      if (type?.tag !== TAG.OID || value === undefined) throw new DerError("no attribute of a name", 0);
      const oid = readOid(type.content);
      const attribute = SUBJECT_ATTRIBUTES.find((known) => oid === `2.5.4.${ATTRIBUTE_ARC[known]}`);
      return { oid, attribute, tag: value.tag, value: value.content };
    }),
  );
}

/** The common name of a DER name; undefined unless there is exactly one. Throws `DerError` for what is not a name. */
export function commonNameOf(raw: Buffer): string | undefined {
  const [only, ...more] = readName(raw)
    .flat()
    .filter(({ attribute }) => attribute === "CN");
  if (only === undefined || more.length > 0) return undefined;
  return attributeText(only.tag, only.value) ?? only.value.toString("latin1");
}
