import { createPublicKey, type KeyObject } from "node:crypto";
import { TAG } from "../../asn1/der.ts";
import { DerError, readChildren, readOid, readWhole } from "../../asn1/read-der.ts";
import { keyAlgorithmOf } from "../../authority/key-algorithm.ts";

/** The key type of a DER SubjectPublicKeyInfo as jobs name it, such as ec-p256. Throws `DerError` for what is none. */
export function spkiAlgorithm(spki: Buffer): string {
  const key = publicKey(spki);
  if (key !== undefined) return keyObjectAlgorithm(key);
  const [algorithm] = readChildren(readWhole(spki, TAG.SEQUENCE).content);
  const [oid] = algorithm === undefined ? [] : readChildren(algorithm.content);
  if (oid?.tag !== TAG.OID) throw new DerError("no public key", 0);
  return `${readOid(oid.content)} (unreadable)`;
}

/** Undefined where OpenSSL does not know its kind, or its point is on no curve. */
function publicKey(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

/** The same of a key that has been read. */
export function keyObjectAlgorithm(key: KeyObject): string {
  const known = keyAlgorithmOf(key);
  if (known !== undefined) return known;
  const { asymmetricKeyType: type = "unknown", asymmetricKeyDetails: details } = key;
  if (type === "ec") {
    const curve = details?.namedCurve ?? "unknown";
    return curve === "secp521r1" ? "ec-p521" : `ec-${curve}`;
  }
  const bits = details?.modulusLength;
  return bits === undefined ? type : `${type}-${bits}`;
}
