import { type KeyObject, X509Certificate } from "node:crypto";
import type { Home } from "../../disk/layout.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";
import { describeKey, keyAlgorithmOf } from "../key-algorithm.ts";
import { readableAuthorities } from "../load-authority.ts";
import { publicKeyProblem } from "../request/public-key-problem.ts";
import { unusableAuthority } from "../stored-authority.ts";
import { checkChainLength, verifyChain } from "../verify-chain.ts";
import { buildChain } from "./build-chain.ts";

/** An authority as it was found in somebody's files: nothing proven yet. */
export interface ForeignAuthority {
  /** Its own certificate is the one for its key; without a key, the one that signed none of the others. */
  readonly certificates: readonly CertificateFields[];
  /** More certificates, in any order, to lead it to its anchor. */
  readonly above: readonly CertificateFields[];
  readonly key?: KeyObject | undefined;
}

export interface ForeignLimits {
  /** Certificates from device to anchor, both included. */
  readonly maxChain: number;
  readonly nowMs: number;
}

/** An authority that came from elsewhere and has been proven: it may sign, and its key fits. */
export interface ProvenAuthority {
  /** Itself first, anchor last. */
  readonly chain: readonly [CertificateFields, ...CertificateFields[]];
  /** As text. */
  readonly keyType: string;
}

/**
 * Proves what was found: that the key fits and is strong enough, that the certificate may sign, that it
 * leads to a self-signed anchor (through its own files, or through authorities of this home), that all of
 * it is valid now, and that a device still fits below it. Each error is `issuer-unusable`.
 */
export function proveForeign(
  home: Home,
  name: string,
  foreign: ForeignAuthority,
  limits: ForeignLimits & {
    /** The key that its certificate has to be for, where that is known. */
    readonly publicKey?: KeyObject | undefined;
  },
): ProvenAuthority {
  const { publicKey } = limits;
  const { certificates } = foreign;
  const certificate =
    publicKey === undefined ? lowest(certificates) : certificates.find((one) => isFor(one, publicKey));
  if (certificate === undefined) {
    throw unusableAuthority(name, "the key does not belong to the certificate; give the two that belong together");
  }
  const keyType = checkKeyType(name, certificate);
  const local = readableAuthorities(home).flatMap((authority) => authority.chain);
  const candidates = [...foreign.certificates, ...foreign.above, ...local];
  const [own = certificate, ...above] = buildChain(certificate, candidates, limits.nowMs);
  const chain = [own, ...above] as const;
  verifyChain(name, chain, limits.nowMs);
  checkChainLength(name, chain.length, limits.maxChain);
  return { chain, keyType };
}

/** Compared as keys: the same key can be written in several ways. */
export function isFor(certificate: CertificateFields, publicKey: KeyObject): boolean {
  try {
    const own = new X509Certificate(certificate.raw).publicKey;
    // Keys of different types are not compared: OpenSSL would keep an error of it for the next call.
    return own.asymmetricKeyType === publicKey.asymmetricKeyType && own.equals(publicKey);
  } catch {
    // A key that OpenSSL cannot read is not this one.
    return false;
  }
}

function lowest(certificates: readonly CertificateFields[]): CertificateFields | undefined {
  return certificates.find((one) => !certificates.some((other) => other !== one && other.issuer.equals(one.subject)));
}

/** Weak and unknown keys are refused here, with a message, rather than at the first signature. */
function checkKeyType(name: string, certificate: CertificateFields): string {
  const key = publicKeyOf(name, certificate);
  const known = keyAlgorithmOf(key);
  const problem =
    publicKeyProblem(key, certificate.spki) ??
    (known === undefined ? `its key is ${describeKey(key)}, which lotmint does not sign with` : undefined);
  if (known !== undefined && problem === undefined) return known;
  throw unusableAuthority(
    name,
    `${problem}; an authority's key is EC P-256 or P-384, or RSA with 2048, 3072 or 4096 bits`,
  );
}

function publicKeyOf(name: string, certificate: CertificateFields): KeyObject {
  try {
    return new X509Certificate(certificate.raw).publicKey;
  } catch (cause) {
    throw unusableAuthority(name, `the public key of ${describeName(certificate.subject)} cannot be read`, cause);
  }
}
