import { derOid, TAG } from "../../asn1/der.ts";
import { DerError, readChildren, readWhole } from "../../asn1/read-der.ts";

const SIGNED_DATA = derOid("1.2.840.113549.1.7.2");

/**
 * The certificates in a PKCS#7 file, DER, in their order: SignedData without signers, as .p7b files are (RFC 2315, 9.1).
 * Signatures and revocation lists in it are passed over. Undefined for what is something else; throws `DerError` for
 * SignedData that cannot be read.
 */
export function readPkcs7Certificates(bytes: Buffer): readonly Buffer[] | undefined {
  const content = contentOf(bytes);
  if (content === undefined) return undefined;
  const fields = readChildren(readWhole(content, TAG.SEQUENCE).content);
  const certificates = fields.find(({ tag }) => tag === 0xa0);
  if (certificates === undefined) return [];
  return readChildren(certificates.content)
    .filter(({ tag }) => tag === TAG.SEQUENCE)
    .map(({ raw }) => raw);
}

/** The [0] EXPLICIT content of a ContentInfo that says it is SignedData; undefined for anything else. */
function contentOf(bytes: Buffer): Buffer | undefined {
  // Behind tag and length, of whatever form, a PKCS#7 file says what it is.
  if (!bytes.subarray(0, 32).includes(SIGNED_DATA)) return undefined;
  const [type, wrapped] = readChildren(readWhole(bytes, TAG.SEQUENCE).content);
  if (type?.raw.equals(SIGNED_DATA) !== true) return undefined;
  if (wrapped?.tag !== 0xa0) throw new DerError("SignedData without its content", 0);
  return wrapped.content;
}
