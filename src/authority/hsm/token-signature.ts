import { derInteger, derNull, derOctetString, derOid, derSequence } from "../../asn1/der.ts";
import { CK, type Handle, type Pkcs11 } from "./pkcs11.ts";

/** Digests that authorities sign. */
export type TokenDigest = "sha256" | "sha384";

const DIGEST_OIDS: Readonly<Record<TokenDigest, string>> = {
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
};
/** Of an RSA key with 4096 bits; an ECDSA signature is shorter. */
const LONGEST_SIGNATURE = 512;

/**
 * Has a key in a token sign a digest: ECDSA as DER `SEQUENCE { r, s }` (RFC 3279, 2.2.3), RSA by PKCS#1 v1.5 (RFC 8017,
 * 8.2). The token gets the digest alone, for RSA inside its DigestInfo. Throws what pkcs11js throws.
 */
export function signInToken(
  pkcs11: Pkcs11,
  session: Handle,
  key: { readonly kind: "ec" | "rsa"; readonly handle: Handle },
  digest: { readonly name: TokenDigest; readonly octets: Buffer },
): Buffer {
  const room = Buffer.alloc(LONGEST_SIGNATURE);
  if (key.kind === "ec") {
    pkcs11.C_SignInit(session, { mechanism: CK.CKM_ECDSA }, key.handle);
    return ecdsaToDer(pkcs11.C_Sign(session, digest.octets, room));
  }
  pkcs11.C_SignInit(session, { mechanism: CK.CKM_RSA_PKCS }, key.handle);
  return Buffer.from(pkcs11.C_Sign(session, digestToDer(digest.name, digest.octets), room));
}

/** r and s, each of half the length (PKCS#11 2.40, Current Mechanisms, 2.3.1), to DER. */
function ecdsaToDer(raw: Buffer): Buffer {
  const half = raw.length / 2;
  if (!Number.isInteger(half) || half === 0) throw new RangeError(`no ECDSA signature: ${raw.length} octets`);
  return derSequence(derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half)));
}

function digestToDer(name: TokenDigest, octets: Buffer): Buffer {
  return derSequence(derSequence(derOid(DIGEST_OIDS[name]), derNull()), derOctetString(octets));
}
