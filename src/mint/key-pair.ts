import { createECDH } from "node:crypto";
import type { KeyAlgorithm } from "../domain/certificate.ts";
import { makeRsaPair } from "../keystore/pool/make-rsa-pair.ts";

/** A new key pair, both halves in DER. */
export interface KeyPair {
  /** PrivateKeyInfo (RFC 5208) in memory of its own, so that `wipe` leaves nothing behind. */
  readonly pkcs8: Buffer;
  /** SubjectPublicKeyInfo (RFC 5280, 4.1). */
  readonly spki: Buffer;
}

/** Makes a key pair per call. */
export type MakeKeyPair = () => KeyPair;

/** Constant DER around the two parts of an EC key (RFC 5915, RFC 5480). */
interface EcCurve {
  readonly name: string;
  readonly privateOctets: number;
  readonly pkcs8Head: Buffer;
  readonly pkcs8Middle: Buffer;
  readonly spkiHead: Buffer;
}

const P256: EcCurve = {
  name: "prime256v1",
  privateOctets: 32,
  pkcs8Head: Buffer.from("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420", "hex"),
  pkcs8Middle: Buffer.from("a144034200", "hex"),
  spkiHead: Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex"),
};
const P384: EcCurve = {
  name: "secp384r1",
  privateOctets: 48,
  pkcs8Head: Buffer.from("3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430", "hex"),
  pkcs8Middle: Buffer.from("a164036200", "hex"),
  spkiHead: Buffer.from("3076301006072a8648ce3d020106052b81040022036200", "hex"),
};

/** A maker of key pairs from OpenSSL's generator, made once per thread. */
export function openKeyPairs(algorithm: KeyAlgorithm): MakeKeyPair {
  if (algorithm === "ec-p256") return openEcKeyPairs(P256);
  if (algorithm === "ec-p384") return openEcKeyPairs(P384);
  return () => makeRsaPair(algorithm);
}

/** Two thirds of `generateKeyPairSync` are its encoders; the bare octets come cheaper and the rest is constant. */
function openEcKeyPairs(curve: EcCurve): MakeKeyPair {
  const ecdh = createECDH(curve.name);
  const { pkcs8Head, pkcs8Middle, spkiHead, privateOctets } = curve;
  const pointOctets = 2 * privateOctets + 1;
  return () => {
    const point = ecdh.generateKeys();
    const secret = ecdh.getPrivateKey();
    const pkcs8 = Buffer.alloc(pkcs8Head.length + privateOctets + pkcs8Middle.length + pointOctets);
    pkcs8.set(pkcs8Head);
    // OpenSSL drops leading zeros; the octet string has the length of the field (RFC 5915, 3).
    const privateEnd = pkcs8Head.length + privateOctets;
    pkcs8.set(secret, privateEnd - secret.length);
    secret.fill(0);
    pkcs8.set(pkcs8Middle, privateEnd);
    pkcs8.set(point, privateEnd + pkcs8Middle.length);
    const spki = Buffer.allocUnsafe(spkiHead.length + pointOctets);
    spki.set(spkiHead);
    spki.set(point, spkiHead.length);
    return { pkcs8, spki };
  };
}
