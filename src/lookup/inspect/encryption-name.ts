import { TAG } from "../../asn1/der.ts";
import { type DerElement, DerError, readChildren, readOid, readWhole } from "../../asn1/read-der.ts";

/** Password-based encryption and its parts, as people call them (RFC 7292, C; RFC 8018, B). */
const NAMES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.12.1.1": "RC4 with 128 bits",
  "1.2.840.113549.1.12.1.2": "RC4 with 40 bits",
  "1.2.840.113549.1.12.1.3": "3DES",
  "1.2.840.113549.1.12.1.4": "3DES with two keys",
  "1.2.840.113549.1.12.1.5": "RC2 with 128 bits",
  "1.2.840.113549.1.12.1.6": "RC2 with 40 bits",
  "1.2.840.113549.1.5.3": "DES",
  "1.2.840.113549.1.5.10": "DES",
  "1.2.840.113549.3.2": "RC2",
  "1.2.840.113549.3.7": "3DES",
  "2.16.840.1.101.3.4.1.2": "AES-128-CBC",
  "2.16.840.1.101.3.4.1.22": "AES-192-CBC",
  "2.16.840.1.101.3.4.1.42": "AES-256-CBC",
  "2.16.840.1.101.3.4.1.46": "AES-256-GCM",
  "1.2.840.113549.1.5.12": "PBKDF2",
  "1.3.6.1.4.1.11591.4.11": "scrypt",
};
const PBES2 = "1.2.840.113549.1.5.13";

/** What a DER AlgorithmIdentifier of password-based encryption is, in words; dotted where it has no name here. */
export function encryptionName(algorithm: Buffer): string {
  try {
    const [oid, parameters] = readChildren(readWhole(algorithm, TAG.SEQUENCE).content);
    const scheme = oidOf(oid);
    if (scheme !== PBES2) return nameOf(scheme);
    const [derivation, cipher] = readChildren(parameters?.content ?? Buffer.alloc(0));
    return `${nameOf(firstOid(cipher))} with ${nameOf(firstOid(derivation))}`;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return "an unknown encryption";
  }
}

function nameOf(oid: string): string {
  return NAMES[oid] ?? oid;
}

function firstOid(element: DerElement | undefined): string {
  return oidOf(readChildren(element?.content ?? Buffer.alloc(0))[0]);
}

function oidOf(element: DerElement | undefined): string {
  if (element?.tag !== TAG.OID) throw new DerError("no object identifier", 0);
  return readOid(element.content);
}
