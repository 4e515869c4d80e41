import { constants, createCipheriv, type KeyObject, publicEncrypt, randomBytes } from "node:crypto";
import forge from "node-forge";

const { asn1 } = forge;
const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
const { SEQUENCE, SET, INTEGER, OCTETSTRING, OID, NULL } = asn1.Type;
type Asn1 = forge.asn1.Asn1;

const OIDS = {
  envelopedData: "1.2.840.113549.1.7.3",
  data: "1.2.840.113549.1.7.1",
  rsaesOaep: "1.2.840.113549.1.1.7",
  mgf1: "1.2.840.113549.1.1.8",
  sha256: "2.16.840.1.101.3.4.2.1",
  aes256Cbc: "2.16.840.1.101.3.4.1.42",
} as const;
const LINE = 64;

/** The only recipient that can read what is sealed. */
export interface SealRecipient {
  /** DER of the issuer's name in the recipient's certificate, and the contents of its serial number. */
  readonly issuer: Buffer;
  readonly serialOctets: Buffer;
  /** RSA. */
  readonly publicKey: KeyObject;
}

/**
 * Seals content so that only the recipient's private key opens it: CMS EnvelopedData (RFC 5652, 6) as PEM, the
 * content under a fresh AES-256-CBC key, that key under RSAES-OAEP with SHA-256 (RFC 3560). `openssl cms -decrypt
 * -inform PEM` opens it. forge lays the structures out; all arithmetic is OpenSSL's.
 */
export function sealContent(content: Buffer, recipient: SealRecipient): string {
  const key = randomBytes(32);
  const iv = randomBytes(16);
  try {
    const cipher = createCipheriv("aes-256-cbc", key, iv);
    const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
    const wrapped = publicEncrypt(
      { key: recipient.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
      key,
    );
    const enveloped = sequence(
      integer(0),
      set(recipientInfo(recipient, wrapped)),
      sequence(
        oid(OIDS.data),
        sequence(oid(OIDS.aes256Cbc), octets(OCTETSTRING, iv)),
        asn1.create(CONTEXT_SPECIFIC, 0, false, encrypted.toString("latin1")),
      ),
    );
    return pem(asn1.toDer(sequence(oid(OIDS.envelopedData), explicit(0, enveloped))).getBytes());
  } finally {
    key.fill(0);
  }
}

/** KeyTransRecipientInfo by issuer and serial number, hence version 0 (RFC 5652, 6.2.1). */
function recipientInfo({ issuer, serialOctets }: SealRecipient, wrapped: Buffer): Asn1 {
  return sequence(
    integer(0),
    sequence(asn1.fromDer(issuer.toString("latin1")), octets(INTEGER, serialOctets)),
    sequence(oid(OIDS.rsaesOaep), oaepParameters()),
    octets(OCTETSTRING, wrapped),
  );
}

/** RSAES-OAEP-params without the default label (RFC 4055, 4.1); SHA-256 carries NULL there (RFC 4055, 2.1). */
function oaepParameters(): Asn1 {
  const sha256 = () => sequence(oid(OIDS.sha256), asn1.create(UNIVERSAL, NULL, false, ""));
  return sequence(explicit(0, sha256()), explicit(1, sequence(oid(OIDS.mgf1), sha256())));
}

function sequence(...elements: Asn1[]): Asn1 {
  return asn1.create(UNIVERSAL, SEQUENCE, true, elements);
}

function set(...elements: Asn1[]): Asn1 {
  return asn1.create(UNIVERSAL, SET, true, elements);
}

function explicit(number: number, element: Asn1): Asn1 {
  return asn1.create(CONTEXT_SPECIFIC, number, true, [element]);
}

function integer(value: number): Asn1 {
  return asn1.create(UNIVERSAL, INTEGER, false, String.fromCharCode(value));
}

function octets(type: forge.asn1.Type, value: Buffer): Asn1 {
  return asn1.create(UNIVERSAL, type, false, value.toString("latin1"));
}

function oid(dotted: string): Asn1 {
  return asn1.create(UNIVERSAL, OID, false, asn1.oidToDer(dotted).getBytes());
}

function pem(der: string): string {
  const base64 = Buffer.from(der, "latin1").toString("base64");
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return `-----BEGIN CMS-----\n${lines.join("\n")}\n-----END CMS-----\n`;
}
