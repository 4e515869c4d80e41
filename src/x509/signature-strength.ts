import { X509Certificate } from "node:crypto";
import { TAG } from "../asn1/der.ts";
import { readChildren, readOid, readWhole } from "../asn1/read-der.ts";
import type { CertificateFields } from "./read-certificate.ts";

const PSS = "1.2.840.113549.1.1.10";
/** SHA-224 to SHA-512 and SHA-3 with RSA, ECDSA and DSA; Ed25519 and Ed448: 112 bits of security or more. */
const STRONG_SIGNATURES =
  /^(?:1\.2\.840\.113549\.1\.1\.1[1-6]|1\.2\.840\.10045\.4\.3\.[1-4]|2\.16\.840\.1\.101\.3\.4\.3\.(?:[1-9]|1[0-6])|1\.3\.101\.11[23])$/;
const STRONG_DIGESTS = /^2\.16\.840\.1\.101\.3\.4\.2\.(?:[1-9]|10)$/;
const WEAK_SIGNATURES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.2": "MD2",
  "1.2.840.113549.1.1.4": "MD5",
  "1.2.840.113549.1.1.5": "SHA-1",
  "1.3.14.3.2.29": "SHA-1",
  "1.2.840.10045.4.1": "SHA-1",
  "1.2.840.10040.4.3": "SHA-1",
};
const MIN_RSA_BITS = 2048;
/** Curves of less than 224 bits. */
const WEAK_CURVE = /(?:^|\D)(?:1[0-9]{2})(?:\D|$)/;

/** Why the signature on a certificate is too weak for relying parties (112 bits of security), in a clause. Throws `DerError`. */
export function weakSignature({ signatureAlgorithm, outerAlgorithm }: CertificateFields): string | undefined {
  if (STRONG_SIGNATURES.test(signatureAlgorithm)) return undefined;
  const weak =
    signatureAlgorithm === PSS ? weakPssDigest(outerAlgorithm) : (WEAK_SIGNATURES[signatureAlgorithm] ?? undefined);
  if (signatureAlgorithm === PSS && weak === undefined) return undefined;
  return weak === undefined ? `is signed with the unknown algorithm ${signatureAlgorithm}` : `is signed with ${weak}`;
}

/** RSASSA-PSS-params: [0] hashAlgorithm, SHA-1 unless said otherwise (RFC 4055, 3.1). */
function weakPssDigest(algorithm: Buffer): string | undefined {
  const [, parameters] = readChildren(readWhole(algorithm, TAG.SEQUENCE).content);
  const hash = parameters && readChildren(parameters.content).find(({ tag }) => tag === 0xa0);
  const [oid] = hash === undefined ? [] : readChildren(readWhole(hash.content, TAG.SEQUENCE).content);
  if (oid === undefined) return "SHA-1";
  const digest = readOid(oid.content);
  return STRONG_DIGESTS.test(digest) ? undefined : digest === "1.3.14.3.2.26" ? "SHA-1" : `the digest ${digest}`;
}

/** Why a certificate's key is too weak for relying parties, in a clause. */
export function weakKey({ raw }: CertificateFields): string | undefined {
  try {
    const { asymmetricKeyType = "?", asymmetricKeyDetails: details } = new X509Certificate(raw).publicKey;
    const bits = details?.modulusLength;
    if (bits !== undefined && bits < MIN_RSA_BITS)
      return `has a key of type ${asymmetricKeyType} with ${bits} bits; at least ${MIN_RSA_BITS} are needed`;
    const curve = details?.namedCurve;
    return curve !== undefined && WEAK_CURVE.test(curve) ? `has a key on the curve ${curve}` : undefined;
  } catch {
    return "has a public key that cannot be read";
  }
}
