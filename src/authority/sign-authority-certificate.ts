import { derBoolean, derContext, derInteger, derSequence } from "../asn1/der.ts";
import type { SerialNumber, Validity } from "../domain/certificate.ts";
import {
  encodeAuthorityKeyId,
  encodeExtension,
  encodeKeyUsage,
  encodeSignatureAlgorithm,
  encodeSigned,
  encodeSubjectKeyId,
  encodeValidity,
} from "../x509/encode-certificate.ts";
import { EXTENSION } from "../x509/read-certificate.ts";
import { keyIdOf } from "../x509/subject-public-key.ts";
import type { Signer } from "./signer.ts";

export interface AuthorityCertificateRequest {
  readonly serialNumber: SerialNumber;
  /** DER names; the issuer's is a copy of the issuing certificate's subject. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly validity: Validity;
  /** Authorities that may stand between this one and a device; undefined: no limit. */
  readonly pathLength: number | undefined;
  /** The issuer's subject key identifier; its own for a root. */
  readonly authorityKeyId: Buffer;
}

/**
 * Signs a CA certificate and returns its DER. `serialNumber` has to stand in the ledger already.
 * keyUsage is critical, as RFC 5280 wants it of conforming authorities (4.2.1.3).
 */
export function signAuthorityCertificate(request: AuthorityCertificateRequest, signer: Signer): Buffer {
  const pathLength = request.pathLength === undefined ? [] : [derInteger(request.pathLength)];
  const algorithm = encodeSignatureAlgorithm(signer.algorithm);
  const extensions = [
    encodeSubjectKeyId(keyIdOf(request.spki)),
    encodeAuthorityKeyId(request.authorityKeyId),
    encodeExtension(EXTENSION.basicConstraints, true, derSequence(derBoolean(true), ...pathLength)),
    encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(["digitalSignature", "keyCertSign", "cRLSign"])),
  ];
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derInteger(Buffer.from(request.serialNumber, "hex")),
    algorithm,
    request.issuer,
    encodeValidity(request.validity),
    request.subject,
    request.spki,
    derContext(3, derSequence(...extensions)),
  );
  return encodeSigned(tbs, algorithm, signer.sign(tbs));
}
