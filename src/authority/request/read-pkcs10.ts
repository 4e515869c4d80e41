import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import { TAG } from "../../asn1/der.ts";
import { type DerElement, DerError, readChildren, readOid, readWhole } from "../../asn1/read-der.ts";
import { OnboardingError } from "../../domain/error.ts";
import { SIGNATURE_DIGESTS } from "../../x509/signature-digests.ts";
import { findRequest } from "./find-request.ts";
import { publicKeyProblem } from "./public-key-problem.ts";

/** What a request gives: the name that it asks for, and the key that it has been proven to come from. */
export interface CertificateRequest {
  /** DER of the Name; lotmint takes a device's from its manifest instead. */
  readonly subject: Buffer;
  /** DER SubjectPublicKeyInfo, in the one form that goes into certificates. */
  readonly spki: Buffer;
  readonly publicKey: KeyObject;
  /** SHA-256 of `spki`, lower-case hex. */
  readonly publicKeySha256: string;
}

/** No certificate request is longer, in octets. */
const MAX_REQUEST = 64 * 1024;

/** The others that are met with, for a message that says which. */
const REFUSED: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.4": "MD5 with RSA",
  "1.2.840.113549.1.1.5": "SHA-1 with RSA",
  "1.2.840.113549.1.1.10": "RSA-PSS",
  "1.2.840.113549.1.1.14": "SHA-224 with RSA",
  "1.2.840.10045.4.1": "SHA-1 with ECDSA",
  "1.2.840.10045.4.3.1": "SHA-224 with ECDSA",
  "1.2.840.10040.4.3": "DSA",
  "1.3.101.112": "Ed25519",
  "1.3.101.113": "Ed448",
};

/**
 * Reads a PKCS#10 request (RFC 2986), PEM or DER, and checks that its maker holds its key and that
 * the key is strong enough; or says in a clause why it cannot be used. Its attributes are passed over.
 * Never throws, whatever the octets, and takes bounded time.
 */
export function readPkcs10(source: string | Buffer): CertificateRequest | { readonly problem: string } {
  try {
    const found = findRequest(source);
    return "problem" in found ? { problem: `it ${found.problem}` } : readDer(found.der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { problem: `the request cannot be read: ${error.message}` };
  }
}

/** The same for a request that must be usable: throws `usage` with the reason. */
export function readCertificateRequest(source: string | Buffer): CertificateRequest {
  const request = readPkcs10(source);
  if (!("problem" in request)) return request;
  throw new OnboardingError(`the certificate request cannot be used: ${request.problem}`, { code: "usage" });
}

function readDer(der: Buffer): CertificateRequest | { readonly problem: string } {
  if (der.length > MAX_REQUEST) return { problem: "it is too large for a certificate request" };
  const [info, algorithm, signature, ...more] = readChildren(readWhole(der, TAG.SEQUENCE).content);
  if (
    info?.tag !== TAG.SEQUENCE ||
    algorithm?.tag !== TAG.SEQUENCE ||
    signature?.tag !== TAG.BIT_STRING ||
    signature.content[0] !== 0 ||
    more.length > 0
  ) {
    throw new DerError("no request's outline", 0);
  }
  const [version, subject, publicKey] = readChildren(info.content);
  if (version?.tag !== TAG.INTEGER || subject?.tag !== TAG.SEQUENCE || publicKey?.tag !== TAG.SEQUENCE) {
    throw new DerError("no request's fields", 0);
  }
  if (version.content.length !== 1 || version.content[0] !== 0) return { problem: "the request is not of version 1" };
  const key = readKey(publicKey);
  if (key === undefined) {
    return { problem: "its public key cannot be read: it is of an unknown type, or its point is not on the curve" };
  }
  const spki = key.export({ type: "spki", format: "der" });
  const problem = publicKeyProblem(key, publicKey.raw) ?? signatureProblem(key, info.raw, algorithm, signature);
  if (problem !== undefined) return { problem };
  return { subject: subject.raw, spki, publicKey: key, publicKeySha256: hash("sha256", spki) };
}

/** OpenSSL proves that a point is on its curve when it reads one. */
function readKey(publicKey: DerElement): KeyObject | undefined {
  try {
    return createPublicKey({ key: publicKey.raw, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

/** Whether the request was signed with its own key (RFC 2986, 4.2): over the octets as they stand, not as we would write them. */
function signatureProblem(
  key: KeyObject,
  info: Buffer,
  algorithm: DerElement,
  signature: DerElement,
): string | undefined {
  const [type, ...parameters] = readChildren(algorithm.content);
  if (type?.tag !== TAG.OID) throw new DerError("no signature algorithm", 0);
  const oid = readOid(type.content);
  const known = Object.hasOwn(SIGNATURE_DIGESTS, oid) ? SIGNATURE_DIGESTS[oid] : undefined;
  if (known === undefined) {
    const algorithmName = Object.hasOwn(REFUSED, oid) ? REFUSED[oid] : `algorithm ${oid}`;
    return `it is signed with ${algorithmName}; sign it with SHA-256, SHA-384 or SHA-512 and RSA (PKCS#1 v1.5) or ECDSA`;
  }
  // NULL with RSA, though some leave it out; nothing with ECDSA (RFC 4055, 5; RFC 5758, 3.2).
  const [parameter, ...others] = parameters;
  if (others.length > 0 || (parameter !== undefined && (known.key === "ec" || parameter.tag !== TAG.NULL))) {
    return "its signature algorithm has parameters that do not belong there";
  }
  const fits =
    key.asymmetricKeyType === known.key && verify(known.digest, info, key, Buffer.from(signature.content.subarray(1)));
  return fits ? undefined : "its signature does not fit its public key: it was altered, or made with another key";
}
