import { type KeyObject, randomBytes } from "node:crypto";
import { derOid } from "../../asn1/der.ts";
import type { KeyAlgorithm } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { findObjects, readPublicKey } from "./find-key.ts";
import { type Attribute, CK, type Handle, type Pkcs11 } from "./pkcs11.ts";
import type { Pkcs11Uri } from "./pkcs11-uri.ts";

/** A pair that was just made in a token. */
export interface GeneratedPair {
  readonly publicKey: KeyObject;
  /** Destroys both halves: the authority that they were for has not come to be. */
  readonly destroy: (session: Handle) => void;
}

const CURVES: Readonly<Partial<Record<KeyAlgorithm, string>>> = {
  "ec-p256": "1.2.840.10045.3.1.7",
  "ec-p384": "1.3.132.0.34",
};

/**
 * Makes a pair in a token, in a read-write session that is logged in: sensitive, not extractable, for signing alone, under
 * the URI's label and its id, else one by chance. A label or id that is taken is `usage`: no key is ever written over.
 */
export function generatePair(pkcs11: Pkcs11, session: Handle, uri: Pkcs11Uri, algorithm: KeyAlgorithm): GeneratedPair {
  refuseTaken(pkcs11, session, uri);
  const label = uri.object.label ?? "";
  const id = uri.object.id ?? randomBytes(16);
  const common: Attribute[] = [
    { type: CK.CKA_TOKEN, value: true },
    { type: CK.CKA_LABEL, value: label },
    { type: CK.CKA_ID, value: id },
  ];
  const secret: Attribute[] = [
    ...common,
    { type: CK.CKA_PRIVATE, value: true },
    { type: CK.CKA_SENSITIVE, value: true },
    { type: CK.CKA_EXTRACTABLE, value: false },
    { type: CK.CKA_SIGN, value: true },
  ];
  const open: Attribute[] = [...common, { type: CK.CKA_PRIVATE, value: false }, { type: CK.CKA_VERIFY, value: true }];
  const curve = CURVES[algorithm];
  const kind = curve === undefined ? "rsa" : "ec";
  const pair =
    curve === undefined
      ? pkcs11.C_GenerateKeyPair(
          session,
          { mechanism: CK.CKM_RSA_PKCS_KEY_PAIR_GEN },
          [
            ...open,
            { type: CK.CKA_MODULUS_BITS, value: Number(algorithm.slice(4)) },
            { type: CK.CKA_PUBLIC_EXPONENT, value: Buffer.of(1, 0, 1) },
          ],
          [...secret, { type: CK.CKA_DECRYPT, value: false }, { type: CK.CKA_UNWRAP, value: false }],
        )
      : pkcs11.C_GenerateKeyPair(
          session,
          { mechanism: CK.CKM_EC_KEY_PAIR_GEN },
          [...open, { type: CK.CKA_EC_PARAMS, value: derOid(curve) }],
          [...secret, { type: CK.CKA_DERIVE, value: false }],
        );
  const destroy = (inSession: Handle) => {
    pkcs11.C_DestroyObject(inSession, pair.privateKey);
    pkcs11.C_DestroyObject(inSession, pair.publicKey);
  };
  try {
    return { publicKey: readPublicKey(pkcs11, session, kind, pair.publicKey), destroy };
  } catch (error) {
    destroy(session);
    throw error;
  }
}

/** Neither label nor id may be taken, each by itself: a URI with one of them would name two keys. */
function refuseTaken(pkcs11: Pkcs11, session: Handle, uri: Pkcs11Uri): void {
  const { label, id } = uri.object;
  const asked = [
    ...(label === undefined ? [] : [{ ...uri, object: { label } }]),
    ...(id === undefined ? [] : [{ ...uri, object: { id } }]),
  ];
  const taken = asked.some((one) =>
    [CK.CKO_PRIVATE_KEY, CK.CKO_PUBLIC_KEY].some((kind) => findObjects(pkcs11, session, kind, one).length > 0),
  );
  if (!taken) return;
  throw new OnboardingError(
    `there is a key for ${uri.text} in the token already; keys are never written over: choose another object or id, or take it in with lotmint authority import --certificate FILE --hsm URI`,
    { code: "usage" },
  );
}
