import { createSign, type KeyObject, sign } from "node:crypto";
import type { SignatureAlgorithm } from "../x509/encode-certificate.ts";

/**
 * The role that signs: a private key in memory today, a module that keeps its keys to itself later.
 * One is made per worker thread, from a `SignerSource` that can be handed to a thread.
 */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  /** Signs the DER of a TBS structure; ECDSA as DER `SEQUENCE { r, s }`, RSA as PKCS#1 v1.5. */
  sign(tbs: Uint8Array): Uint8Array;
  /** The same over a TBS structure that comes in pieces, of which only one is held at a time. */
  signPieces(pieces: Iterable<Uint8Array>): Uint8Array;
}

/** Where a worker gets its signer: a key object survives the structured clone, and the key never leaves OpenSSL. */
export interface SignerSource {
  readonly kind: "key";
  readonly key: KeyObject;
}

/** The signature algorithm that goes with a private or public key; throws for a key type that lotmint does not sign with. */
export function signatureAlgorithmOf(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === "rsa") return "sha256WithRSAEncryption";
  if (key.asymmetricKeyType === "ec") {
    const curve = key.asymmetricKeyDetails?.namedCurve;
    if (curve === "prime256v1") return "ecdsa-with-SHA256";
    if (curve === "secp384r1") return "ecdsa-with-SHA384";
    throw new Error(`cannot sign with an EC key on curve ${curve}; use P-256 or P-384`);
  }
  throw new Error(`cannot sign with a key of type ${key.asymmetricKeyType}; use RSA or EC`);
}

/** A signer over a private key in this process. */
export function openSigner(source: SignerSource): Signer {
  const algorithm = signatureAlgorithmOf(source.key);
  const digest = algorithm === "ecdsa-with-SHA384" ? "sha384" : "sha256";
  return {
    algorithm,
    sign: (tbs) => sign(digest, tbs, source.key),
    signPieces: (pieces) => {
      const signing = createSign(digest);
      for (const piece of pieces) signing.update(piece);
      return signing.sign(source.key);
    },
  };
}
