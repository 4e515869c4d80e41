import { createHash, createSign, hash, type KeyObject, sign } from "node:crypto";
import type { SignatureAlgorithm } from "../x509/encode-certificate.ts";
import { openThreadKey, type SignDigest, type ThreadKey } from "./hsm/thread-key.ts";
import type { TokenKey } from "./hsm/token.ts";

/**
 * The role that signs: a private key in memory, or one in a token that keeps it to itself.
 * One is made per worker thread, from a `ThreadSignerSource` that can be handed to a thread.
 */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  /** Signs the DER of a TBS structure; ECDSA as DER `SEQUENCE { r, s }`, RSA as PKCS#1 v1.5. */
  sign(tbs: Uint8Array): Uint8Array;
  /** The same over a TBS structure that comes in pieces, of which only one is held at a time. */
  signPieces(pieces: Iterable<Uint8Array>): Uint8Array;
}

/** A private key in this process. It survives the structured clone, and the key never leaves OpenSSL. */
export interface KeySource {
  readonly kind: "key";
  readonly key: KeyObject;
}

/** A private key in a token, for the main thread. */
export interface TokenSource {
  readonly kind: "token";
  readonly key: TokenKey;
  readonly publicKey: KeyObject;
}

/** The same for a worker thread. */
export interface TokenThreadSource {
  readonly kind: "token-thread";
  readonly key: ThreadKey;
  readonly publicKey: KeyObject;
}

/** What an issuer signs with, on the main thread. */
export type SignerSource = KeySource | TokenSource;
/** Where a worker gets its signer. */
export type ThreadSignerSource = KeySource | TokenThreadSource;

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

/** The source for a worker thread. A token's sessions are opened for that: throws `issuer-unusable`. */
export function threadSource(source: SignerSource): ThreadSignerSource {
  if (source.kind === "key") return source;
  return { kind: "token-thread", key: source.key.forThreads(), publicKey: source.publicKey };
}

/** A signer over a private key in this process or in a token. Signing with a token throws `issuer-unusable`. */
export function openSigner(source: SignerSource | ThreadSignerSource): Signer {
  switch (source.kind) {
    case "key":
      return openKeySigner(source.key);
    case "token":
      return openTokenSigner(source.publicKey, source.key.signDigest);
    case "token-thread":
      return openTokenSigner(source.publicKey, openThreadKey(source.key));
  }
}

function openKeySigner(key: KeyObject): Signer {
  const algorithm = signatureAlgorithmOf(key);
  const digest = digestOf(algorithm);
  return {
    algorithm,
    sign: (tbs) => sign(digest, tbs, key),
    signPieces: (pieces) => {
      const signing = createSign(digest);
      for (const piece of pieces) signing.update(piece);
      return signing.sign(key);
    },
  };
}

/** The digest is made here: what is signed does not go through the token. */
function openTokenSigner(publicKey: KeyObject, signDigest: SignDigest): Signer {
  const algorithm = signatureAlgorithmOf(publicKey);
  const digest = digestOf(algorithm);
  return {
    algorithm,
    sign: (tbs) => signDigest(digest, hash(digest, tbs, "buffer")),
    signPieces: (pieces) => {
      const hashing = createHash(digest);
      for (const piece of pieces) hashing.update(piece);
      return signDigest(digest, hashing.digest());
    },
  };
}

/** The digest that is signed with an algorithm. */
export function digestOf(algorithm: SignatureAlgorithm): "sha256" | "sha384" {
  return algorithm === "ecdsa-with-SHA384" ? "sha384" : "sha256";
}
