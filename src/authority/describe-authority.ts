import { X509Certificate } from "node:crypto";
import { isoTime } from "../domain/iso-time.ts";
import { describeName } from "../x509/distinguished-name.ts";
import { showSerialNumber } from "../x509/serial-number.ts";
import { describeKey, keyAlgorithmOf } from "./key-algorithm.ts";
import { digests, type StoredAuthority } from "./stored-authority.ts";

/** An authority in plain values, for printing. */
export interface AuthorityDescription {
  readonly name: string;
  /** Names as text, `CN=…,O=…`. */
  readonly subject: string;
  readonly issuer: string;
  /** One of lotmint's key types, else a description. */
  readonly key: string;
  readonly serialNumber: string;
  /** ISO 8601, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Of the certificate, lower-case hex. */
  readonly sha1: string;
  readonly sha256: string;
  /** Authorities that may stand below it; null: no limit. */
  readonly pathLength: number | null;
  /** Subjects from itself to the anchor. */
  readonly chain: readonly string[];
  readonly hasKey: boolean;
  /** The PKCS#11 URI of a key in a token; null: it is in key.pem, or not here. */
  readonly hsm: string | null;
}

/** An authority's certificate, chain and key type as text. */
export function describeStoredAuthority({
  name,
  certificate,
  chain,
  hasKey,
  hsm,
}: StoredAuthority): AuthorityDescription {
  const { publicKey } = new X509Certificate(certificate.raw);
  return {
    name,
    subject: describeName(certificate.subject),
    issuer: describeName(certificate.issuer),
    key: keyAlgorithmOf(publicKey) ?? describeKey(publicKey),
    serialNumber: showSerialNumber(certificate.serialOctets),
    notBefore: isoTime(certificate.notBeforeMs),
    notAfter: isoTime(certificate.notAfterMs),
    ...digests(certificate.raw),
    pathLength: certificate.basicConstraints?.pathLength ?? null,
    chain: chain.map(({ subject }) => describeName(subject)),
    hasKey,
    hsm: hsm ?? null,
  };
}
