import { hash } from "node:crypto";
import {
  der,
  derContext,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
  TAG,
} from "../asn1/der.ts";
import { encodeSignatureAlgorithm } from "../x509/encode-certificate.ts";
import { isSelfSigned } from "../x509/find-paths.ts";
import { readCertificate } from "../x509/read-certificate.ts";
import { CMS } from "../x509/read-signed-data.ts";
import { digestOf, type Signer } from "./signer.ts";

export interface DetachedSignature {
  readonly content: Uint8Array;
  readonly signer: Signer;
  /** The signer's certificate first, its anchor last, DER. */
  readonly chain: readonly Buffer[];
  /** Milliseconds since 1970; whole seconds are written. */
  readonly signedAtMs: number;
}

/**
 * Signs content that stays outside: CMS SignedData in DER with one signer (RFC 5652, 5), whose certificate and
 * intermediates are inside, and no self-signed certificate but a signer's own. Signed attributes: content type, digest,
 * time, and the signer's certificate by SHA-256 (RFC 5035). `openssl cms -verify -binary -inform DER -content FILE
 * -CAfile ROOT -purpose any` accepts it. The digest is the one that goes with the signer's key.
 */
export function signDetached({ content, signer, chain, signedAtMs }: DetachedSignature): Buffer {
  const [own, ...above] = chain.map(readCertificate);
  if (own === undefined) throw new Error("a signature needs the signer's certificate");
  const digest = digestOf(signer.algorithm);
  // Without parameters (RFC 5754, 2).
  const digestAlgorithm = derSequence(derOid(CMS[digest]));
  const attributes = [
    attribute(CMS.contentType, derOid(CMS.data)),
    attribute(CMS.messageDigest, derOctetString(hash(digest, content, "buffer"))),
    attribute(CMS.signingTime, derTime(signedAtMs)),
    attribute(CMS.signingCertificateV2, signingCertificate(own)),
  ];
  // Signed as SET OF, written as [0] IMPLICIT (RFC 5652, 5.4).
  const signed = derSetOf(...attributes);
  const written = Buffer.from(signed);
  written[0] = 0xa0;
  const signerInfo = derSequence(
    derInteger(1),
    derSequence(own.issuer, der(TAG.INTEGER, own.serialOctets)),
    digestAlgorithm,
    written,
    encodeSignatureAlgorithm(signer.algorithm),
    derOctetString(signer.sign(signed)),
  );
  const inside = [own, ...above.filter((certificate) => !isSelfSigned(certificate))].map(({ raw }) => raw);
  const certificates = derSetOf(...inside);
  certificates[0] = 0xa0;
  const signedData = derSequence(
    derInteger(1),
    derSetOf(digestAlgorithm),
    derSequence(derOid(CMS.data)),
    certificates,
    derSetOf(signerInfo),
  );
  return derSequence(derOid(CMS.signedData), derContext(0, signedData));
}

function attribute(type: string, value: Buffer): Buffer {
  return derSequence(derOid(type), derSetOf(value));
}

/** SigningCertificateV2 of one ESSCertIDv2; SHA-256 is the default and left out (RFC 5035, 4). */
function signingCertificate({ raw, issuer, serialOctets }: ReturnType<typeof readCertificate>): Buffer {
  // directoryName is a CHOICE inside GeneralName, so its tag is explicit (RFC 5280, 4.2.1.6).
  const issuerSerial = derSequence(derSequence(derContext(4, issuer)), der(TAG.INTEGER, serialOctets));
  return derSequence(derSequence(derSequence(derOctetString(hash("sha256", raw, "buffer")), issuerSerial)));
}
