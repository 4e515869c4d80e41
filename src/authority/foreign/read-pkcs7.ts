import { derOid, TAG } from "../../asn1/der.ts";
import { DerError, readChildren, readOid, readWhole } from "../../asn1/read-der.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const SIGNED_DATA_DER = derOid(SIGNED_DATA);
const TYPES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.7.1": "data",
  [SIGNED_DATA]: "signed data",
  "1.2.840.113549.1.7.3": "enveloped data",
  "1.2.840.113549.1.7.5": "digested data",
  "1.2.840.113549.1.7.6": "encrypted data",
};

/** What stands in a PKCS#7 file. */
export interface Pkcs7Contents {
  /** "signed data", "enveloped data" …, or the dotted type. */
  readonly type: string;
  /** DER, in their order. */
  readonly certificates: readonly Buffer[];
  readonly revocationLists: readonly Buffer[];
  /** How many have signed. */
  readonly signers: number;
}

/**
 * Takes a PKCS#7 file apart (RFC 5652, 3 and 5); of what is not SignedData only the type. No signature is verified.
 * Throws `DerError` for what is none.
 */
export function readPkcs7(bytes: Buffer): Pkcs7Contents {
  const [type, wrapped] = readChildren(readWhole(bytes, TAG.SEQUENCE).content);
  if (type?.tag !== TAG.OID) throw new DerError("no PKCS#7 file", 0);
  const oid = readOid(type.content);
  const none = { certificates: [], revocationLists: [], signers: 0 };
  if (oid !== SIGNED_DATA) return { type: TYPES[oid] ?? oid, ...none };
  if (wrapped?.tag !== 0xa0) throw new DerError("SignedData without its content", 0);
  const fields = readChildren(readWhole(wrapped.content, TAG.SEQUENCE).content);
  const listed = (tag: number) => {
    const set = fields.find((field) => field.tag === tag);
    const elements = set === undefined ? [] : readChildren(set.content);
    return elements.filter((element) => element.tag === TAG.SEQUENCE).map(({ raw }) => raw);
  };
  const signers = fields.at(-1);
  return {
    type: "signed data",
    certificates: listed(0xa0),
    revocationLists: listed(0xa1),
    signers: signers?.tag === TAG.SET ? readChildren(signers.content).length : 0,
  };
}

/**
 * The certificates in a PKCS#7 file, DER, in their order: SignedData without signers, as .p7b files are (RFC 2315, 9.1).
 * Signatures and revocation lists in it are passed over. Undefined for what is something else; throws `DerError` for
 * SignedData that cannot be read.
 */
export function readPkcs7Certificates(bytes: Buffer): readonly Buffer[] | undefined {
  // Behind tag and length, of whatever form, a PKCS#7 file says what it is.
  if (!bytes.subarray(0, 32).includes(SIGNED_DATA_DER)) return undefined;
  const [type] = readChildren(readWhole(bytes, TAG.SEQUENCE).content);
  return type?.raw.equals(SIGNED_DATA_DER) === true ? readPkcs7(bytes).certificates : undefined;
}
