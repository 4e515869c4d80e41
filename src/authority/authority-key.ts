import { createCipheriv, createPrivateKey, type KeyObject, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { derInteger, derNull, derOctetString, derOid, derSequence, TAG } from "../asn1/der.ts";
import { readWhole } from "../asn1/read-der.ts";
import { OnboardingError } from "../domain/error.ts";
import { readPem, writePem } from "../x509/pem.ts";

/** Shortest passphrase for a key that lotmint encrypts, in characters. */
export const MIN_PASSPHRASE = 12;
/**
 * PBKDF2 rather than scrypt: a scrypt cost worth having is above the memory limit that OpenSSL and
 * older readers allow for PBES2, and the key must stay readable by other tools after lotmint.
 */
const PBKDF2_ROUNDS = 600_000;

/** Throws `usage` for a passphrase that is too short for a new key. */
export function checkNewPassphrase(name: string, passphrase: string): void {
  const problem = newPassphraseProblem(passphrase);
  if (problem === undefined) return;
  throw new OnboardingError(`the passphrase for the key of authority ${name} is ${problem}`, { code: "usage" });
}

/** What is wrong with a passphrase for a new key, as the end of a sentence; undefined when nothing is. */
export function newPassphraseProblem(passphrase: string): string | undefined {
  return [...passphrase].length >= MIN_PASSPHRASE ? undefined : `too short; use at least ${MIN_PASSPHRASE} characters`;
}

/** PKCS#8 in PEM, encrypted by PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018, 6.2). */
export async function encryptKey(key: KeyObject, passphrase: string): Promise<string> {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const clear = key.export({ type: "pkcs8", format: "der" });
  const secret = await promisify(pbkdf2)(passphrase, salt, PBKDF2_ROUNDS, 32, "sha256");
  try {
    const cipher = createCipheriv("aes-256-cbc", secret, iv);
    const encrypted = Buffer.concat([cipher.update(clear), cipher.final()]);
    const hmacSha256 = derSequence(derOid("1.2.840.113549.2.9"), derNull());
    const pbkdf2Parameters = derSequence(derOctetString(salt), derInteger(PBKDF2_ROUNDS), hmacSha256);
    const derivation = derSequence(derOid("1.2.840.113549.1.5.12"), pbkdf2Parameters);
    const aes256Cbc = derSequence(derOid("2.16.840.1.101.3.4.1.42"), derOctetString(iv));
    const pbes2 = derSequence(derOid("1.2.840.113549.1.5.13"), derSequence(derivation, aes256Cbc));
    return writePem("ENCRYPTED PRIVATE KEY", derSequence(pbes2, derOctetString(encrypted)));
  } finally {
    clear.fill(0);
    secret.fill(0);
  }
}

/** Authorities' keys that one run opens. */
export interface AuthorityKeys {
  /**
   * As `openAuthorityKey`, for a key that is opened in a moment to sign with: the next opening of the same file by the
   * same passphrase gives the key of this one, since the rounds of its derivation cost a tenth of a second.
   */
  readonly prove: (name: string, pem: string, passphrase: string) => KeyObject;
  /** As `openAuthorityKey`; a key that was proven is given once, and kept no longer. */
  readonly open: (name: string, pem: string, passphrase: string) => KeyObject;
}

/** Keys for one run: a key that was proven and is not opened any more, because the run ends, goes with them. */
export function keysOfRun(): AuthorityKeys {
  let proven: { readonly pem: string; readonly passphrase: string; readonly key: KeyObject } | undefined;
  return {
    prove: (name, pem, passphrase) => {
      const key = openAuthorityKey(name, pem, passphrase);
      proven = { pem, passphrase, key };
      return key;
    },
    open: (name, pem, passphrase) => {
      const known = proven;
      proven = undefined;
      if (known?.pem === pem && known.passphrase === passphrase) return known.key;
      return openAuthorityKey(name, pem, passphrase);
    },
  };
}

/**
 * The private key in an authority's key.pem. A passphrase that does not open it and a file that is
 * no key are `issuer-unusable`; neither message holds the passphrase.
 */
export function openAuthorityKey(name: string, pem: string, passphrase: string): KeyObject {
  const block = readPem(pem).find(({ label }) => label === "ENCRYPTED PRIVATE KEY");
  try {
    if (block === undefined) throw new Error("there is no encrypted private key in it");
    readWhole(block.der, TAG.SEQUENCE);
  } catch (cause) {
    throw new OnboardingError(`key.pem of authority ${name} is damaged; restore it from a backup`, {
      code: "issuer-unusable",
      cause,
    });
  }
  try {
    return createPrivateKey({ key: pem, format: "pem", passphrase });
  } catch (cause) {
    const variable = `LOTMINT_PASSPHRASE_${name.toUpperCase().replaceAll("-", "_")}`;
    throw new OnboardingError(
      `the passphrase does not open the key of authority ${name}; check ${variable}, else LOTMINT_PASSPHRASE, or what was typed`,
      { code: "issuer-unusable", cause },
    );
  }
}
