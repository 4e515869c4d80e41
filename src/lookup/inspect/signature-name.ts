import { TAG } from "../../asn1/der.ts";
import { readChildren, readOid, readWhole } from "../../asn1/read-der.ts";

/** OpenSSL's names of signature algorithms. */
const NAMES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
  "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
  "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
  "1.2.840.113549.1.1.10": "rsassaPss",
  "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
  "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
  "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
  "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
  "1.2.840.10045.4.1": "ecdsa-with-SHA1",
  "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
  "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
  "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
  "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
  "1.2.840.10040.4.3": "dsaWithSHA1",
  "2.16.840.1.101.3.4.3.2": "dsa_with_SHA256",
  "1.3.101.112": "ED25519",
  "1.3.101.113": "ED448",
};

/** The name of the algorithm in a DER AlgorithmIdentifier, dotted where it has none here. Throws `DerError`. */
export function signatureName(algorithm: Buffer): string {
  const [oid] = readChildren(readWhole(algorithm, TAG.SEQUENCE).content);
  const dotted = readOid(oid?.tag === TAG.OID ? oid.content : Buffer.alloc(0));
  return Object.hasOwn(NAMES, dotted) ? (NAMES[dotted] ?? dotted) : dotted;
}
