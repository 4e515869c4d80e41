import { createPrivateKey, type KeyObject } from "node:crypto";

/**
 * Why a keystore did not open: the password is wrong, the octets are not what was written, or it uses
 * something that this reader does not know. The message never holds the password.
 */
export class KeystoreError extends Error {
  readonly kind: "password" | "damaged" | "unsupported";

  constructor(message: string, options: { readonly kind: KeystoreError["kind"]; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "KeystoreError";
    this.kind = options.kind;
  }
}

/** Nothing that lotmint writes for a device comes near this; a larger file is refused unread. */
export const MAX_KEYSTORE_OCTETS = 1024 * 1024;

/** What a keystore holds, whatever its format. */
export interface KeystoreContents<Key = KeyObject> {
  /** Name of the key entry; absent in a truststore. */
  readonly alias?: string;
  /** Absent in a truststore. */
  readonly privateKey?: Key;
  /** DER, the key's own certificate first, then its issuers in order. */
  readonly certificates: readonly Buffer[];
  readonly trusted: readonly TrustedEntry[];
}

/** A certificate that the keystore's reader shall trust. */
export interface TrustedEntry {
  readonly alias: string;
  readonly certificate: Buffer;
}

/** Makes of a PKCS#8 in DER what the caller wants of a key; the octets are cleared afterwards. */
export type TakeKey<Key> = (pkcs8: Buffer) => Key;

/** The key as OpenSSL has it. */
export function toKeyObject(pkcs8: Buffer): KeyObject {
  return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
}
