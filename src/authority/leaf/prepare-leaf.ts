import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { derBitString, derInteger, derNull, derOid, derSequence } from "../../asn1/der.ts";
import type { KeyAlgorithm, Subject } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { SignatureAlgorithm } from "../../x509/encode-certificate.ts";
import { readCertificate } from "../../x509/read-certificate.ts";
import { newSerialNumber } from "../../x509/serial-number.ts";
import { openSigner } from "../signer.ts";
import { buildLeafTemplate, type LeafRequest, type LeafTemplate, signLeaf } from "./leaf-template.ts";
import { lintLeaf } from "./lint-leaf.ts";

export interface PrepareLeafRequest extends LeafRequest {
  /** A device of the lot, to try the profile on. */
  readonly sample: { readonly externalId: string; readonly subject: Subject };
  /** True when `resolveValidity` let the validity end after the issuer's. */
  readonly mayOutliveIssuer: boolean;
}

/**
 * The first of issuing's two moves: encodes what a lot's leaves share, signs one with a throw-away
 * key and holds that against the rules. Any finding is `usage`: nothing has been signed that counts.
 */
export function prepareLeaf(request: PrepareLeafRequest): LeafTemplate {
  const { sample, profile } = request;
  const template = encoded(profile.name, () => buildLeafTemplate(request));
  const signer = openSigner({ kind: "key", key: throwAwayKey(request.signatureAlgorithm) });
  const leaf = { serialNumber: newSerialNumber(), subject: sample.subject, spki: sampleSpki(request.key) };
  const certificate = encoded(profile.name, () => signLeaf(template, signer, leaf));
  const findings = lintLeaf(certificate, {
    ...request,
    issuer: readCertificate(request.issuerCertificate),
    externalId: sample.externalId,
  });
  if (findings.length > 0) {
    const problems = findings.map(({ message, source }) => `${message} (${source})`).join("; ");
    throw new OnboardingError(`profile ${profile.name} cannot be issued: ${problems}`, { code: "usage" });
  }
  return template;
}

/** Values that no encoding exists for, such as an ill-formed object identifier, are the caller's error. */
function encoded<T>(profile: string, encode: () => T): T {
  try {
    return encode();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new OnboardingError(`profile ${profile} cannot be issued: ${cause.message}`, { code: "usage", cause });
  }
}

/** Of the issuer's algorithm, so that the certificate has its shape; the size does not matter. */
function throwAwayKey(algorithm: SignatureAlgorithm): KeyObject {
  switch (algorithm) {
    case "ecdsa-with-SHA256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "ecdsa-with-SHA384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    case "sha256WithRSAEncryption":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  }
}

/**
 * A public key of the wanted kind. For RSA any odd number of the right size will do, since nobody has
 * to sign with it: a real pair of 4096 bits takes seconds.
 */
function sampleSpki(key: KeyAlgorithm): Buffer {
  if (key === "ec-p256" || key === "ec-p384") {
    const namedCurve = key === "ec-p256" ? "P-256" : "P-384";
    return generateKeyPairSync("ec", { namedCurve }).publicKey.export({ type: "spki", format: "der" });
  }
  const modulus = randomBytes(Number(key.slice(4)) / 8);
  modulus.writeUInt8(modulus.readUInt8(0) | 0x80, 0);
  modulus.writeUInt8(modulus.readUInt8(modulus.length - 1) | 1, modulus.length - 1);
  const rsaKey = derSequence(derInteger(modulus), derInteger(65537));
  return derSequence(derSequence(derOid("1.2.840.113549.1.1.1"), derNull()), derBitString(rsaKey));
}
