import {
  der,
  derBitString,
  derContext,
  derHeader,
  derInteger,
  derSequence,
  derTime,
  headerLength,
  TAG,
  writeHeader,
} from "../asn1/der.ts";
import type { Home } from "../disk/layout.ts";
import type { RevocationReason } from "../domain/certificate.ts";
import { REASON_CODES, type RevokedSerial } from "../domain/revocation.ts";
import { encodeAuthorityKeyId, encodeExtension, encodeSignatureAlgorithm } from "../x509/encode-certificate.ts";
import { type CertificateFields, readCertificate } from "../x509/read-certificate.ts";
import { keyIdOf } from "../x509/subject-public-key.ts";
import { type KeyAccess, type LoadedIssuer, loadCrlSigner } from "./load-authority.ts";
import type { Signer } from "./signer.ts";
import { unusableAuthority } from "./stored-authority.ts";

/** Object identifiers of a list's extensions (RFC 5280, 5.2.3 and 5.3.1). */
const CRL_NUMBER = "2.5.29.20";
const REASON_CODE = "2.5.29.21";
const ENUMERATED = 0x0a;

/** Encoded entries in pieces, as often as they are asked for, always the same. */
export interface CrlEntries {
  /** Octets of them all. */
  readonly length: () => number;
  pieces(): Iterable<Uint8Array>;
}

export interface CrlRequest {
  /** The certificate of the authority that signs it. */
  readonly issuer: Pick<CertificateFields, "subject" | "subjectKeyId" | "spki">;
  /** Reserved in the ledger before. */
  readonly number: number;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  /** From `encodeCrlEntries`; may be empty. */
  readonly entries: CrlEntries;
}

/**
 * Loads an authority for signing revocation lists. Errors are `issuer-unusable`, among them a certificate that
 * may sign certificates but no lists: nobody would accept its list (RFC 5280, 4.2.1.3).
 */
export function loadCrlIssuer(home: Home, name: string, access: KeyAccess, nowMs: number): LoadedIssuer {
  const issuer = loadCrlSigner(home, name, access, nowMs);
  const { keyUsage } = readCertificate(issuer.certificateDer);
  if (keyUsage !== undefined && !keyUsage.includes("cRLSign")) {
    throw unusableAuthority(name, "its certificate may not sign revocation lists (keyUsage cRLSign)");
  }
  return issuer;
}

/**
 * The entries of a list, one after the other; lists may be long, so they are encoded page by page. Written into one
 * buffer for all of a page: the general writers of DER would make several for each entry.
 */
export function encodeCrlEntries(entries: readonly RevokedSerial[]): Buffer {
  const tails = new Map<string, Buffer>();
  const parts = entries.map(({ serialNumber, revokedAtMs, reason }) => {
    const second = Math.floor(revokedAtMs / 1000);
    const key = `${second} ${reason}`;
    const tail = tails.get(key) ?? encodeTail(second * 1000, reason);
    tails.set(key, tail);
    const hex = serialNumber.replace(/^(?:00)+(?=..)/, "") || "00";
    const sign = /^[89a-f]/i.test(hex) ? 1 : 0;
    const integer = sign + hex.length / 2;
    return { hex, sign, integer, tail, length: headerLength(integer) + integer + tail.length };
  });
  const encoded = Buffer.allocUnsafe(parts.reduce((sum, { length }) => sum + headerLength(length) + length, 0));
  let at = 0;
  for (const { hex, sign, integer, tail, length } of parts) {
    at = writeHeader(encoded, at, TAG.SEQUENCE, length);
    at = writeHeader(encoded, at, TAG.INTEGER, integer);
    // Serial numbers are positive: an octet of zero in front of a highest bit.
    if (sign === 1) encoded[at++] = 0;
    at += encoded.write(hex, at, "hex");
    at += tail.copy(encoded, at);
  }
  return encoded;
}

/** What entries of the same second and reason have in common. */
function encodeTail(atMs: number, reason: RevocationReason): Buffer {
  // The reason should be left out rather than said to be unspecified (RFC 5280, 5.3.1).
  if (reason === "unspecified") return derTime(atMs);
  const value = der(ENUMERATED, Buffer.from([REASON_CODES[reason]]));
  return Buffer.concat([derTime(atMs), derSequence(encodeExtension(REASON_CODE, false, value))]);
}

/**
 * Signs a revocation list, version 2 (RFC 5280, 5.1), and gives its DER in pieces, each good until the next one is
 * taken. The entries are read twice: for the signature, whose length the list's own header includes, and for the list.
 */
export function* signCrl(request: CrlRequest, signer: Signer): Generator<Uint8Array, void, undefined> {
  const { issuer, entries } = request;
  const algorithm = encodeSignatureAlgorithm(signer.algorithm);
  const length = entries.length();
  const head = Buffer.concat([
    derInteger(1),
    algorithm,
    issuer.subject,
    derTime(request.thisUpdateMs),
    derTime(request.nextUpdateMs),
    // Without entries the list is absent, not empty (RFC 5280, 5.1.2.6).
    ...(length === 0 ? [] : [derHeader(TAG.SEQUENCE, length)]),
  ]);
  const tail = derContext(
    0,
    derSequence(
      encodeAuthorityKeyId(issuer.subjectKeyId ?? keyIdOf(issuer.spki)),
      encodeExtension(CRL_NUMBER, false, derInteger(request.number)),
    ),
  );
  const tbsLength = head.length + length + tail.length;
  const tbsHeader = derHeader(TAG.SEQUENCE, tbsLength);
  const tbs = function* () {
    yield Buffer.concat([tbsHeader, head]);
    yield* entries.pieces();
    yield tail;
  };
  const signature = derBitString(signer.signPieces(tbs()));
  yield derHeader(TAG.SEQUENCE, tbsHeader.length + tbsLength + algorithm.length + signature.length);
  yield* tbs();
  yield Buffer.concat([algorithm, signature]);
}
