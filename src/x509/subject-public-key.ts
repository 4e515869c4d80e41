import { hash } from "node:crypto";
import { TAG } from "../asn1/der.ts";

/** Contents of the OBJECT IDENTIFIERs rsaEncryption (RFC 8017) and id-ecPublicKey (RFC 5480). */
const RSA = Buffer.from("2a864886f70d010101", "hex");
const EC = Buffer.from("2a8648ce3d0201", "hex");

/** The kind of key in a DER SubjectPublicKeyInfo. Throws `RangeError` for what is none. */
export function readKeyKind(spki: Uint8Array): "rsa" | "ec" | "other" {
  const { oidStart, oidEnd } = outline(spki);
  if (holds(spki, oidStart, oidEnd, EC)) return "ec";
  return holds(spki, oidStart, oidEnd, RSA) ? "rsa" : "other";
}

/** Key identifier: SHA-1 of the BIT STRING's contents without its unused-bits octet (RFC 5280, 4.2.1.2, method 1). */
export function keyIdOf(spki: Uint8Array): Buffer {
  return hash("sha1", spki.subarray(outline(spki).keyStart), "buffer");
}

/** Where things stand in `SEQUENCE { SEQUENCE { OID, … }, BIT STRING }`. Runs once per device, hence by hand. */
function outline(spki: Uint8Array): { oidStart: number; oidEnd: number; keyStart: number } {
  const algorithm = contentStart(spki, 0);
  const oid = contentStart(spki, algorithm);
  const bits = oid + (spki[algorithm + 1] ?? 0);
  const keyStart = contentStart(spki, bits) + 1;
  if (
    spki[0] !== TAG.SEQUENCE ||
    spki[algorithm] !== TAG.SEQUENCE ||
    spki[oid] !== TAG.OID ||
    spki[bits] !== TAG.BIT_STRING ||
    spki[keyStart - 1] !== 0 ||
    keyStart >= spki.length
  ) {
    throw new RangeError("not a SubjectPublicKeyInfo");
  }
  return { oidStart: oid + 2, oidEnd: oid + 2 + (spki[oid + 1] ?? 0), keyStart };
}

function contentStart(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset + 1] ?? 0;
  return offset + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

function holds(bytes: Uint8Array, start: number, end: number, wanted: Buffer): boolean {
  if (end - start !== wanted.length) return false;
  for (let index = 0; index < wanted.length; index++) if (bytes[start + index] !== wanted[index]) return false;
  return true;
}
