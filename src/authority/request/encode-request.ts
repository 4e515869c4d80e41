import { derBoolean, derContext, derInteger, derOid, derSequence, derSetOf } from "../../asn1/der.ts";
import {
  encodeExtension,
  encodeKeyUsage,
  encodeSignatureAlgorithm,
  encodeSigned,
  encodeSubjectKeyId,
} from "../../x509/encode-certificate.ts";
import { EXTENSION } from "../../x509/read-certificate.ts";
import { keyIdOf } from "../../x509/subject-public-key.ts";
import type { Signer } from "../signer.ts";

/** PKCS#9 extensionRequest (RFC 2985, 5.4.2). */
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

/**
 * A PKCS#10 request (RFC 2986) for an authority's certificate, DER. It asks for the extensions that such
 * a certificate needs; the authority that signs it decides.
 */
export function encodeAuthorityRequest(
  request: { readonly subject: Buffer; readonly spki: Buffer },
  signer: Signer,
): Buffer {
  const extensions = derSequence(
    encodeSubjectKeyId(keyIdOf(request.spki)),
    encodeExtension(EXTENSION.basicConstraints, true, derSequence(derBoolean(true))),
    encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(["digitalSignature", "keyCertSign", "cRLSign"])),
  );
  const attribute = derSequence(derOid(EXTENSION_REQUEST), derSetOf(extensions));
  const requested = derSequence(derInteger(0), request.subject, request.spki, derContext(0, attribute));
  return encodeSigned(requested, encodeSignatureAlgorithm(signer.algorithm), signer.sign(requested));
}
