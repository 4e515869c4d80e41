import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import {
  der,
  derBitString,
  derBoolean,
  derContext,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTime,
} from "../asn1/der.ts";
import {
  derCommonName,
  derExtension,
  derPublicKey,
  derSigned,
  ECDSA_WITH_SHA256,
  keyIdentifier,
} from "./sandbox-x509.ts";

/** A throw-away authority and the server certificate it signed. The authority's key is already gone. */
export interface ServerIdentity {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const DAY_MS = 24 * 3_600_000;
const LIFE_DAYS = 365;

/** Makes what the sandbox's TLS server shows: a certificate for localhost, 127.0.0.1 and ::1, valid 365 days. */
export function makeServerIdentity(nowMs: number): ServerIdentity {
  const ca = newKey();
  const server = newKey();
  const caPem = certificate({
    subject: "lotmint sandbox CA",
    key: ca,
    signer: ca,
    nowMs,
    extensions: [
      derExtension("2.5.29.19", derSequence(derBoolean(true), derInteger(0)), true),
      // keyCertSign alone: bit 5 of keyUsage (RFC 5280, 4.2.1.3).
      derExtension("2.5.29.15", derBitString(Buffer.from([0x04]), 2), true),
    ],
  });
  const certificatePem = certificate({
    subject: "localhost",
    key: server,
    signer: ca,
    nowMs,
    extensions: [
      derExtension("2.5.29.19", derSequence(), true),
      derExtension("2.5.29.15", derBitString(Buffer.from([0x80]), 7), true),
      derExtension("2.5.29.37", derSequence(derOid("1.3.6.1.5.5.7.3.1"))),
      derExtension("2.5.29.17", derSequence(...alternativeNames())),
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
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const notBeforeMs = wish.nowMs - DAY_MS;
  const tbs = derSequence(
    derContext(0, derInteger(2)),
    derInteger(serial),
    ECDSA_WITH_SHA256,
    derCommonName("lotmint sandbox CA"),
    derSequence(derTime(notBeforeMs), derTime(notBeforeMs + LIFE_DAYS * DAY_MS)),
    derCommonName(wish.subject),
    derPublicKey(wish.key),
    derContext(
      3,
      derSequence(
        ...wish.extensions,
        derExtension("2.5.29.14", derOctetString(keyIdentifier(wish.key))),
        derExtension("2.5.29.35", derSequence(der(0x80, keyIdentifier(wish.signer)))),
      ),
    ),
  );
  const lines = derSigned(tbs, wish.signer)
    .toString("base64")
    .replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}
