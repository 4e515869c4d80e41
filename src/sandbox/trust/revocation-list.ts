import { type KeyObject, sign } from "node:crypto";
import { derContext, derInteger, derSequence, derTime } from "../../asn1/der.ts";
import { encodeExtension, encodeSignatureAlgorithm, encodeSigned } from "../../x509/encode-certificate.ts";
import { encodeSubject } from "../../x509/name-der.ts";

const NEXT_UPDATE_MS = 24 * 3_600_000;
const ECDSA_WITH_SHA256 = encodeSignatureAlgorithm("ecdsa-with-SHA256");

interface RevocationListOptions {
  /** Common name of the issuer. */
  readonly issuer: string;
  /** EC P-256. */
  readonly key: KeyObject;
  readonly crlNumber: number;
  readonly nowMs: number;
  /** Serial number in hex -> time of revocation. */
  readonly revocations: ReadonlyMap<string, number>;
}

/** A signed revocation list, version 2 (RFC 5280, 5.1), in DER. */
export function derRevocationList(options: RevocationListOptions): Buffer {
  const revoked = [...options.revocations].map(([serial, atMs]) =>
    derSequence(
      derInteger(Buffer.from(serial.padStart(serial.length + (serial.length % 2), "0"), "hex")),
      derTime(atMs),
    ),
  );
  const tbs = derSequence(
    derInteger(1),
    ECDSA_WITH_SHA256,
    encodeSubject([{ attribute: "CN", value: options.issuer }]),
    derTime(options.nowMs),
    derTime(options.nowMs + NEXT_UPDATE_MS),
    // An empty list must be absent, not empty (RFC 5280, 5.1.2.6).
    ...(revoked.length === 0 ? [] : [derSequence(...revoked)]),
    derContext(0, derSequence(encodeExtension("2.5.29.20", false, derInteger(options.crlNumber)))),
  );
  return encodeSigned(tbs, ECDSA_WITH_SHA256, sign("sha256", tbs, options.key));
}
