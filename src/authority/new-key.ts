import type { KeyObject } from "node:crypto";
import type { KeyAlgorithm } from "../domain/certificate.ts";
import { checkNewPassphrase, encryptKey } from "./authority-key.ts";
import { type Pkcs11Uri, withObject } from "./hsm/pkcs11-uri.ts";
import type { Token } from "./hsm/token.ts";
import { generateKey } from "./key-algorithm.ts";
import type { SignerSource } from "./signer.ts";

/** Where a new authority's key goes: into key.pem, encrypted by the passphrase, or into a token, where it stays. */
export interface KeyPlace {
  readonly passphrase?: string | undefined;
  readonly token?: { readonly token: Token; readonly uri: Pkcs11Uri } | undefined;
}

/** A new authority's key. */
export interface NewKey {
  readonly publicKey: KeyObject;
  readonly source: SignerSource;
  /** What goes into its folder: the encrypted key, or the URI of that in the token. */
  readonly keyPem: string | undefined;
  readonly hsm: string | undefined;
  /** For when the authority does not come to be: nothing is left in the token. */
  readonly discard: () => void;
}

/** Throws `usage` for a passphrase that is too short for a new key; a key in a token needs none. */
export function checkKeyPlace(name: string, { passphrase, token }: KeyPlace): void {
  if (token === undefined) checkNewPassphrase(name, passphrase ?? "");
}

/** Makes an authority's key; in a token under the authority's name, unless the URI says otherwise. Errors as of `Token.generate`. */
export async function makeAuthorityKey(name: string, algorithm: KeyAlgorithm, place: KeyPlace): Promise<NewKey> {
  if (place.token !== undefined) {
    const uri = withObject(place.token.uri, name);
    const { key, publicKey, destroy } = place.token.token.generate(uri, algorithm);
    return { publicKey, source: { kind: "token", key, publicKey }, keyPem: undefined, hsm: uri.text, discard: destroy };
  }
  const { privateKey, publicKey } = await generateKey(algorithm);
  const keyPem = await encryptKey(privateKey, place.passphrase ?? "");
  return { publicKey, source: { kind: "key", key: privateKey }, keyPem, hsm: undefined, discard: () => undefined };
}
