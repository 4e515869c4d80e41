import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { derBoolean, derContext, derInteger, derOid, derSequence } from "../../asn1/der.ts";
import {
  encodeAuthorityKeyId,
  encodeExtension,
  encodeKeyUsage,
  encodeSignatureAlgorithm,
  encodeSigned,
  encodeSubjectKeyId,
  encodeValidity,
} from "../../x509/encode-certificate.ts";
import { encodeSubject } from "../../x509/name-der.ts";
import { writePem } from "../../x509/pem.ts";
import { EXTENSION } from "../../x509/read-certificate.ts";
import { newSerialNumber } from "../../x509/serial-number.ts";
import { keyIdOf } from "../../x509/subject-public-key.ts";

/** A throw-away authority and the server certificate it signed. The authority's key is already gone. */
export interface ServerIdentity {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const DAY_MS = 24 * 3_600_000;
const LIFE_DAYS = 365;
const AUTHORITY_NAME = "lotmint sandbox CA";
/** id-kp-serverAuth (RFC 5280, 4.2.1.12) and subjectAltName (4.2.1.6). */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const SUBJECT_ALT_NAME = "2.5.29.17";

/** Makes what the sandbox's TLS server shows: a certificate for localhost, 127.0.0.1 and ::1, valid 365 days. */
export function makeServerIdentity(nowMs: number): ServerIdentity {
  const ca = newKey();
  const server = newKey();
  const caPem = certificate({
    subject: AUTHORITY_NAME,
    key: ca,
    signer: ca,
    nowMs,
    extensions: [
      encodeExtension(EXTENSION.basicConstraints, true, derSequence(derBoolean(true), derInteger(0))),
      encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(["keyCertSign"])),
    ],
  });
  const certificatePem = certificate({
    subject: "localhost",
    key: server,
    signer: ca,
    nowMs,
    extensions: [
      encodeExtension(EXTENSION.basicConstraints, true, derSequence()),
      encodeExtension(EXTENSION.keyUsage, true, encodeKeyUsage(["digitalSignature"])),
      encodeExtension(EXTENSION.extendedKeyUsage, false, derSequence(derOid(SERVER_AUTH))),
      encodeExtension(SUBJECT_ALT_NAME, false, derSequence(...alternativeNames())),
    ],
  });
  return { caPem, certificatePem, keyPem: server.export({ type: "pkcs8", format: "pem" }).toString() };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
}

/** GeneralName: dNSName is [2], iPAddress [7] (RFC 5280, 4.2.1.6). */
function alternativeNames(): Buffer[] {
  const loopback6 = Buffer.alloc(16);
  loopback6[15] = 1;
  return [
    derContext(2, Buffer.from("localhost", "latin1"), false),
    derContext(7, Buffer.from([127, 0, 0, 1]), false),
    derContext(7, loopback6, false),
  ];
}

function certificate(wish: {
  readonly subject: string;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly nowMs: number;
  readonly extensions: readonly Buffer[];
}): string {
  const notBeforeMs = wish.nowMs - DAY_MS;
  const algorithm = encodeSignatureAlgorithm("ecdsa-with-SHA256");
  const spki = spkiOf(wish.key);
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derInteger(Buffer.from(newSerialNumber(), "hex")),
    algorithm,
    commonName(AUTHORITY_NAME),
    encodeValidity({ notBeforeMs, notAfterMs: notBeforeMs + LIFE_DAYS * DAY_MS }),
    commonName(wish.subject),
    spki,
    derContext(
      3,
      derSequence(
        ...wish.extensions,
        encodeSubjectKeyId(keyIdOf(spki)),
        encodeAuthorityKeyId(keyIdOf(spkiOf(wish.signer))),
      ),
    ),
  );
  return writePem("CERTIFICATE", encodeSigned(tbs, algorithm, sign("sha256", tbs, wish.signer)));
}

function commonName(value: string): Buffer {
  return encodeSubject([{ attribute: "CN", value }]);
}

/** SubjectPublicKeyInfo of a private key's other half. */
function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}
