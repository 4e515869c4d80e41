import { createPublicKey, type KeyObject } from "node:crypto";
import { derBitString, derInteger, derNull, derOid, derSequence } from "../../asn1/der.ts";
import { OnboardingError } from "../../domain/error.ts";
import { type Attribute, CK, type Handle, type Pkcs11 } from "./pkcs11.ts";
import type { Pkcs11Uri } from "./pkcs11-uri.ts";

/** A private key that was found in a token. */
export interface FoundKey {
  readonly kind: "ec" | "rsa";
  readonly handle: Handle;
}

/** The one private key that a URI names in the token of this session. None, several, or another type is `issuer-unusable`. */
export function findPrivateKey(pkcs11: Pkcs11, session: Handle, uri: Pkcs11Uri): FoundKey {
  const [handle, second] = findObjects(pkcs11, session, CK.CKO_PRIVATE_KEY, uri);
  if (handle === undefined)
    throw unusable(`there is no private key for ${uri.text} in the token; correct object or id`);
  if (second !== undefined)
    throw unusable(`${uri.text} names several private keys of the token; add object=… and id=…`);
  const [type] = pkcs11.C_GetAttributeValue(session, handle, [{ type: CK.CKA_KEY_TYPE }]);
  const number = type?.value.readUInt32LE(0);
  if (number === CK.CKK_EC) return { kind: "ec", handle };
  if (number === CK.CKK_RSA) return { kind: "rsa", handle };
  throw unusable(`the private key for ${uri.text} is neither EC nor RSA, which lotmint does not sign with`);
}

/** Handles of the private or public keys that a URI names; it may name them by label, by id or by both. */
export function findObjects(pkcs11: Pkcs11, session: Handle, objectClass: number, { object }: Pkcs11Uri): Handle[] {
  const template: Attribute[] = [
    { type: CK.CKA_CLASS, value: objectClass },
    { type: CK.CKA_TOKEN, value: true },
    ...(object.label === undefined ? [] : [{ type: CK.CKA_LABEL, value: object.label }]),
    ...(object.id === undefined ? [] : [{ type: CK.CKA_ID, value: object.id }]),
  ];
  pkcs11.C_FindObjectsInit(session, template);
  try {
    const found: Handle[] = [];
    for (;;) {
      const more = pkcs11.C_FindObjects(session, 10);
      if (more.length === 0) return found;
      found.push(...more);
    }
  } finally {
    pkcs11.C_FindObjectsFinal(session);
  }
}

/** The public key of an object in a token. */
export function readPublicKey(pkcs11: Pkcs11, session: Handle, kind: "ec" | "rsa", handle: Handle): KeyObject {
  const types = kind === "ec" ? [CK.CKA_EC_PARAMS, CK.CKA_EC_POINT] : [CK.CKA_MODULUS, CK.CKA_PUBLIC_EXPONENT];
  const [first, second] = pkcs11
    .C_GetAttributeValue(
      session,
      handle,
      types.map((type) => ({ type })),
    )
    .map(({ value }) => value);
  if (first === undefined || second === undefined) throw new Error("the token gives no public key");
  const der =
    kind === "ec"
      ? derSequence(derSequence(derOid("1.2.840.10045.2.1"), first), derBitString(pointOf(second)))
      : derSequence(
          derSequence(derOid("1.2.840.113549.1.1.1"), derNull()),
          derBitString(derSequence(derInteger(first), derInteger(second))),
        );
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** CKA_EC_POINT is an OCTET STRING around the point; some modules give the bare point. */
function pointOf(value: Buffer): Buffer {
  const isWrapped = value[0] === 4 && value[1] === value.length - 2 && value[2] === 4;
  return isWrapped ? value.subarray(2) : value;
}

function unusable(message: string): OnboardingError {
  return new OnboardingError(message, { code: "issuer-unusable" });
}
