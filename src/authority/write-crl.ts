import { der, derBitString, derContext, derInteger, derSequence, derTime, TAG } from "../asn1/der.ts";
import type { Home } from "../disk/layout.ts";
import type { RevocationReason } from "../domain/certificate.ts";
import { REASON_CODES, type RevokedSerial } from "../domain/revocation.ts";
import { encodeAuthorityKeyId, encodeExtension, encodeSignatureAlgorithm } from "../x509/encode-certificate.ts";
import { type CertificateFields, readCertificate } from "../x509/read-certificate.ts";
import { keyIdOf } from "../x509/subject-public-key.ts";
import { type LoadedIssuer, loadCrlSigner } from "./load-authority.ts";
import type { Signer } from "./signer.ts";
import { unusableAuthority } from "./stored-authority.ts";

/** Object identifiers of a list's extensions (RFC 5280, 5.2.3 and 5.3.1). */
const CRL_NUMBER = "2.5.29.20";
const REASON_CODE = "2.5.29.21";
const ENUMERATED = 0x0a;

export interface CrlRequest {
  /** The certificate of the authority that signs it. */
  readonly issuer: Pick<CertificateFields, "subject" | "subjectKeyId" | "spki">;
  /** Reserved in the ledger before. */
  readonly number: number;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  /** From `encodeCrlEntries`; may be empty. */
  readonly entries: Uint8Array;
}

/**
 * Loads an authority for signing revocation lists. Errors are `issuer-unusable`, among them a certificate that
 * may sign certificates but no lists: nobody would accept its list (RFC 5280, 4.2.1.3).
 */
export function loadCrlIssuer(home: Home, name: string, passphrase: string, nowMs: number): LoadedIssuer {
  const issuer = loadCrlSigner(home, name, passphrase, nowMs);
  const { keyUsage } = readCertificate(issuer.certificateDer);
  if (keyUsage !== undefined && !keyUsage.includes("cRLSign")) {
    throw unusableAuthority(name, "its certificate may not sign revocation lists (keyUsage cRLSign)");
  }
  return issuer;
}

/** The entries of a list, one after the other; lists may be long, so they are encoded page by page. */
export function encodeCrlEntries(entries: readonly RevokedSerial[]): Buffer {
  const extensions = new Map<RevocationReason, Buffer>();
  const times = new Map<number, Buffer>();
  return Buffer.concat(
    entries.map(({ serialNumber, revokedAtMs, reason }) => {
      const second = Math.floor(revokedAtMs / 1000);
      const time = times.get(second) ?? derTime(second * 1000);
      times.set(second, time);
      const serial = derInteger(Buffer.from(serialNumber, "hex"));
      // The reason should be left out rather than said to be unspecified (RFC 5280, 5.3.1).
      if (reason === "unspecified") return derSequence(serial, time);
      const extension = extensions.get(reason) ?? encodeReason(reason);
      extensions.set(reason, extension);
      return derSequence(serial, time, extension);
    }),
  );
}

function encodeReason(reason: RevocationReason): Buffer {
  return derSequence(encodeExtension(REASON_CODE, false, der(ENUMERATED, Buffer.from([REASON_CODES[reason]]))));
}

/** Signs a revocation list, version 2 (RFC 5280, 5.1), and returns its DER. */
export function signCrl(request: CrlRequest, signer: Signer): Buffer {
  const { issuer, entries } = request;
  const algorithm = encodeSignatureAlgorithm(signer.algorithm);
  const tbs = derSequence(
    derInteger(1),
    algorithm,
    issuer.subject,
    derTime(request.thisUpdateMs),
    derTime(request.nextUpdateMs),
    // Without entries the list is absent, not empty (RFC 5280, 5.1.2.6).
    ...(entries.length === 0 ? [] : [der(TAG.SEQUENCE, entries)]),
    derContext(
      0,
      derSequence(
        encodeAuthorityKeyId(issuer.subjectKeyId ?? keyIdOf(issuer.spki)),
        encodeExtension(CRL_NUMBER, false, derInteger(request.number)),
      ),
    ),
  );
  return derSequence(tbs, algorithm, derBitString(signer.sign(tbs)));
}
