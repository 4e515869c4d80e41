import { createECDH, createPrivateKey, createPublicKey, type ECDH } from "node:crypto";
import { TAG } from "../asn1/der.ts";
import { type DerElement, DerError, readChildren, readOid, readWhole } from "../asn1/read-der.ts";
import { KeystoreError } from "./keystore-error.ts";

const EC_PUBLIC_KEY = "1.2.840.10045.2.1";

/** Curves by their object identifiers: Node's name, octets of a private key, what stands before the point in the SPKI. */
const CURVES: Readonly<Record<string, { readonly name: string; readonly octets: number; readonly spkiHead: string }>> =
  {
    "1.2.840.10045.3.1.7": {
      name: "prime256v1",
      octets: 32,
      spkiHead: "3059301306072a8648ce3d020106082a8648ce3d030107034200",
    },
    "1.3.132.0.34": { name: "secp384r1", octets: 48, spkiHead: "3076301006072a8648ce3d020106052b81040022036200" },
  };

/**
 * DER SubjectPublicKeyInfo of the key in a PKCS#8 (RFC 5208). On the curves that lotmint mints, the point is computed
 * from the private key: OpenSSL takes the public key that stands beside it at its word. Throws `KeystoreError` of kind
 * `damaged` where the two differ, and `DerError` or OpenSSL's error for what is no key.
 */
export function publicKeyOf(pkcs8: Buffer): Buffer {
  const curved = readEcKey(pkcs8);
  if (curved === undefined) {
    const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    return createPublicKey(key).export({ format: "der", type: "spki" });
  }
  const { name, spkiHead, privateKey, stated } = curved;
  const ecdh = ecdhOf(name);
  ecdh.setPrivateKey(privateKey);
  const point = ecdh.getPublicKey();
  if (stated !== undefined && !stated.equals(point)) {
    throw new KeystoreError("its private key and the public key beside it do not belong together", { kind: "damaged" });
  }
  return Buffer.concat([Buffer.from(spkiHead, "hex"), point]);
}

const opened = new Map<string, ECDH>();

function ecdhOf(name: string): ECDH {
  const ecdh = opened.get(name) ?? createECDH(name);
  opened.set(name, ecdh);
  return ecdh;
}

/** ECPrivateKey (RFC 5915) on a known curve with an uncompressed point or none; undefined: leave it to OpenSSL. */
function readEcKey(pkcs8: Buffer) {
  const [version, algorithm, octets, attributes] = readChildren(readWhole(pkcs8, TAG.SEQUENCE).content);
  const [type, parameters] = readChildren(algorithm?.content ?? Buffer.alloc(0));
  if (!isNumber(version, 0) || type?.tag !== TAG.OID || octets?.tag !== TAG.OCTET_STRING) {
    throw new DerError("no private key", 0);
  }
  if (readOid(type.content) !== EC_PUBLIC_KEY || parameters?.tag !== TAG.OID || attributes !== undefined)
    return undefined;
  const curve = CURVES[readOid(parameters.content)];
  if (curve === undefined) return undefined;
  const [inner, secret, ...rest] = readChildren(readWhole(octets.content, TAG.SEQUENCE).content);
  if (!isNumber(inner, 1) || secret?.tag !== TAG.OCTET_STRING || secret.content.length !== curve.octets)
    return undefined;
  const [bits, ...more] = rest;
  if (bits === undefined) return { ...curve, privateKey: secret.content, stated: undefined };
  const stated = bits.tag === 0xa1 ? readWhole(bits.content, TAG.BIT_STRING).content : undefined;
  if (more.length > 0 || stated?.length !== 2 * curve.octets + 2 || stated.readUInt16BE(0) !== 4) return undefined;
  return { ...curve, privateKey: secret.content, stated: stated.subarray(1) };
}

function isNumber(element: DerElement | undefined, value: number): boolean {
  return element?.tag === TAG.INTEGER && element.content.length === 1 && element.content[0] === value;
}
