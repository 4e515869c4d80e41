import { constants, createCipheriv, type KeyObject, publicEncrypt, randomBytes } from "node:crypto";
import { der, derHeader, derInteger, derNull, derOctetString, derOid, derSequence, TAG } from "../asn1/der.ts";
import { startPem } from "../x509/pem.ts";

const OIDS = {
  envelopedData: "1.2.840.113549.1.7.3",
  data: "1.2.840.113549.1.7.1",
  rsaesOaep: "1.2.840.113549.1.1.7",
  mgf1: "1.2.840.113549.1.1.8",
  sha256: "2.16.840.1.101.3.4.2.1",
  aes256Cbc: "2.16.840.1.101.3.4.1.42",
} as const;
const AES_BLOCK = 16;
/** [0], constructed; and [0] IMPLICIT OCTET STRING. */
const [EXPLICIT_0, IMPLICIT_0] = [0xa0, 0x80];

/** The only recipient that can read what is sealed. */
export interface SealRecipient {
  /** DER of the issuer's name in the recipient's certificate, and the contents of its serial number. */
  readonly issuer: Buffer;
  readonly serialOctets: Buffer;
  /** RSA. */
  readonly publicKey: KeyObject;
}

/** A sealed file in the making: `head`, then what `add` gives for each piece, then `end`. */
export interface Seal {
  readonly head: string;
  add(content: Uint8Array): string;
  /** Throws a RangeError when the content was not as long as was said. */
  end(): string;
}

/**
 * Seals content so that only the recipient's private key opens it: CMS EnvelopedData (RFC 5652, 6) as PEM, the
 * content under a fresh AES-256-CBC key, that key under RSAES-OAEP with SHA-256 (RFC 3560). `openssl cms -decrypt
 * -inform PEM` opens it. The content comes in pieces; its length must be known, since DER has lengths first.
 */
export function startSeal(contentOctets: number, recipient: SealRecipient): Seal {
  const key = randomBytes(32);
  const iv = randomBytes(AES_BLOCK);
  try {
    const cipher = createCipheriv("aes-256-cbc", key, iv);
    const wrapped = publicEncrypt(
      { key: recipient.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
      key,
    );
    let text = "";
    const pem = startPem("CMS", (lines) => {
      text += lines;
    });
    const takeText = () => {
      const taken = text;
      text = "";
      return taken;
    };
    let left = contentOctets;
    pem.add(envelope(contentOctets, recipient, wrapped, iv));
    return {
      head: takeText(),
      add: (content) => {
        left -= content.length;
        pem.add(cipher.update(content));
        return takeText();
      },
      end: () => {
        if (left !== 0) throw new RangeError(`content of ${contentOctets} octets was ${contentOctets - left} long`);
        pem.add(cipher.final());
        pem.end();
        return takeText();
      },
    };
  } finally {
    key.fill(0);
  }
}

/** All that comes before the encrypted content, which ends the structure. */
function envelope(contentOctets: number, recipient: SealRecipient, wrapped: Buffer, iv: Buffer): Buffer {
  // PKCS#7 padding: 1 to 16 octets (RFC 5652, 6.3).
  const encryptedOctets = (Math.floor(contentOctets / AES_BLOCK) + 1) * AES_BLOCK;
  const before = (tag: number, ...elements: readonly Buffer[]): Buffer => {
    const inner = Buffer.concat(elements);
    return Buffer.concat([derHeader(tag, inner.length + encryptedOctets), inner]);
  };
  const content = before(
    TAG.SEQUENCE,
    derOid(OIDS.data),
    derSequence(derOid(OIDS.aes256Cbc), derOctetString(iv)),
    derHeader(IMPLICIT_0, encryptedOctets),
  );
  const recipients = der(TAG.SET, recipientInfo(recipient, wrapped));
  const enveloped = before(TAG.SEQUENCE, derInteger(0), recipients, content);
  return before(TAG.SEQUENCE, derOid(OIDS.envelopedData), before(EXPLICIT_0, enveloped));
}

/** KeyTransRecipientInfo by issuer and serial number, hence version 0 (RFC 5652, 6.2.1). */
function recipientInfo({ issuer, serialOctets }: SealRecipient, wrapped: Buffer): Buffer {
  return derSequence(
    derInteger(0),
    derSequence(issuer, der(TAG.INTEGER, serialOctets)),
    derSequence(derOid(OIDS.rsaesOaep), oaepParameters()),
    derOctetString(wrapped),
  );
}

/** RSAES-OAEP-params without the default label (RFC 4055, 4.1); SHA-256 carries NULL there (RFC 4055, 2.1). */
function oaepParameters(): Buffer {
  const sha256 = derSequence(derOid(OIDS.sha256), derNull());
  return derSequence(der(EXPLICIT_0, sha256), der(0xa1, derSequence(derOid(OIDS.mgf1), sha256)));
}
