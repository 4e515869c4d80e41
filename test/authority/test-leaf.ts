import { generateKeyPairSync } from "node:crypto";
import { derContext, derInteger, derSequence, derTime } from "../../src/asn1/der.ts";
import { parseSubject } from "../../src/x509/distinguished-name.ts";
import {
  encodeAuthorityKeyId,
  encodeExtension,
  encodeKeyUsage,
  encodeSignatureAlgorithm,
  encodeSigned,
  encodeSubjectKeyId,
} from "../../src/x509/encode-certificate.ts";
import { encodeSubject } from "../../src/x509/name-der.ts";
import { EXTENSION } from "../../src/x509/read-certificate.ts";
import { keyIdOf } from "../../src/x509/subject-public-key.ts";
import { DAY_MS, NOW_MS } from "./authorities.ts";

const EC = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "der" });
const ISSUER_KEY = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "der" });

/** Every piece of a certificate in DER, so that a test can put a wrong one in its place. */
export interface CertificatePieces {
  readonly version: Buffer;
  readonly serialNumber: Buffer;
  readonly signedAlgorithm: Buffer;
  readonly issuer: Buffer;
  readonly notBefore: Buffer;
  readonly notAfter: Buffer;
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly extensions: readonly Buffer[];
  readonly outerAlgorithm: Buffer;
}

const ecdsa = encodeSignatureAlgorithm("ecdsa-with-SHA256");
export const VALIDITY = { notBeforeMs: NOW_MS, notAfterMs: NOW_MS + 365 * DAY_MS };
export const CLIENT_AUTH = Buffer.from("300a06082b06010505070302", "hex");

/** The extensions of a good leaf, by name. */
export const LEAF_EXTENSIONS = {
  basicConstraints: encodeExtension(EXTENSION.basicConstraints, true, derSequence()),
  keyUsage: encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(["digitalSignature", "nonRepudiation"])),
  extendedKeyUsage: encodeExtension(EXTENSION.extendedKeyUsage, false, CLIENT_AUTH),
  subjectKeyId: encodeSubjectKeyId(keyIdOf(EC)),
  authorityKeyId: encodeAuthorityKeyId(keyIdOf(ISSUER_KEY)),
};

/** A good leaf of `ISSUER`, but for the pieces given; the signature is none. */
export function assembleLeaf(pieces: Partial<CertificatePieces> = {}): Buffer {
  const all: CertificatePieces = {
    version: derContext(0, derInteger(2)),
    serialNumber: derInteger(Buffer.alloc(20, 0x41)),
    signedAlgorithm: ecdsa,
    issuer: encodeSubject(parseSubject("CN=Issuer")),
    notBefore: derTime(VALIDITY.notBeforeMs),
    notAfter: derTime(VALIDITY.notAfterMs),
    subject: encodeSubject(parseSubject("O=Acme,CN=dev-1")),
    spki: EC,
    extensions: Object.values(LEAF_EXTENSIONS),
    outerAlgorithm: ecdsa,
    ...pieces,
  };
  const extensions = all.extensions.length === 0 ? [] : [derContext(3, derSequence(...all.extensions))];
  const tbs = derSequence(
    all.version,
    all.serialNumber,
    all.signedAlgorithm,
    all.issuer,
    derSequence(all.notBefore, all.notAfter),
    all.subject,
    all.spki,
    ...extensions,
  );
  return encodeSigned(tbs, all.outerAlgorithm, Buffer.from("3006020101020101", "hex"));
}

/** The certificate that `assembleLeaf` names as issuer. */
export const ISSUER: Buffer = assembleLeaf({
  subject: encodeSubject(parseSubject("CN=Issuer")),
  notBefore: derTime(NOW_MS - DAY_MS),
  notAfter: derTime(NOW_MS + 1000 * DAY_MS),
  spki: ISSUER_KEY,
  extensions: [encodeSubjectKeyId(keyIdOf(ISSUER_KEY))],
});
