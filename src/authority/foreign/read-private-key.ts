import { createPrivateKey, type KeyObject } from "node:crypto";
import { TAG } from "../../asn1/der.ts";
import { readChildren, readWhole } from "../../asn1/read-der.ts";
import { OnboardingError } from "../../domain/error.ts";
import { readPem, readPemText, tidyPemText, writePem } from "../../x509/pem.ts";
import { checkDerivationCost } from "./derivation-cost.ts";
import { unusableFile } from "./foreign-file.ts";

/** Passphrases to try, each asked for only when those before it did not fit. */
export type Passphrases = () => AsyncIterable<string>;

/** A private key's block, with the headers that OpenSSL's older encryption has (RFC 1421, 4.6). */
const KEY_BLOCK = /-----BEGIN ((?:ENCRYPTED |RSA |EC )?PRIVATE KEY)-----(?:(?!-----)[\s\S])+-----END \1-----/g;
const DER_TYPES = ["pkcs8", "pkcs1", "sec1"] as const;

/**
 * The private key in the octets of a file: PKCS#8, PKCS#1 or SEC 1, in PEM or DER, encrypted or not.
 * What holds no key is `usage`; a key that none of the passphrases opens is `issuer-unusable`. No message
 * holds anything of the file.
 */
export async function readPrivateKey(content: Buffer, place: string, passphrases: Passphrases): Promise<KeyObject> {
  const text = tidyPemText(readPemText(content));
  const [block, ...more] = [...text.matchAll(KEY_BLOCK)].map(([whole]) => whole);
  if (more.length > 0) throw unusableFile(place, "it holds more than one private key; give a file with one");
  if (block !== undefined) return readPemKey(tidied(block), place, passphrases);
  if (content[0] !== TAG.SEQUENCE) throw unusableFile(place, "it holds no private key, neither in PEM nor in DER form");
  return readDerKey(content, place, passphrases);
}

/** In lines of their own, however it came; a block with headers keeps its lines. */
function tidied(block: string): string {
  const [plain] = readPem(block);
  return plain === undefined ? block.replace(/[ \t\r]+$/gm, "") : writePem(plain.label, plain.der).trimEnd();
}

async function readPemKey(block: string, place: string, passphrases: Passphrases): Promise<KeyObject> {
  const encrypted = block.startsWith("-----BEGIN ENCRYPTED ") || /^Proc-Type:.*ENCRYPTED/m.test(block);
  if (block.startsWith("-----BEGIN ENCRYPTED ")) {
    const base64 = block.split("\n").slice(1, -1).join("");
    boundCost(Buffer.from(base64, "base64"), place);
  }
  if (!encrypted) return readPlain(place, () => createPrivateKey({ key: block, format: "pem" }));
  return openWith(passphrases, place, (passphrase) => createPrivateKey({ key: block, format: "pem", passphrase }));
}

async function readDerKey(content: Buffer, place: string, passphrases: Passphrases): Promise<KeyObject> {
  if (isEncrypted(content)) {
    boundCost(content, place);
    return openWith(passphrases, place, (passphrase) =>
      createPrivateKey({ key: content, format: "der", type: "pkcs8", passphrase }),
    );
  }
  for (const type of DER_TYPES) {
    try {
      return createPrivateKey({ key: content, format: "der", type });
    } catch {
      // Perhaps the next type.
    }
  }
  throw unusableFile(place, "it holds no private key that can be read");
}

/** EncryptedPrivateKeyInfo is the one with two fields (RFC 5958, 3). */
function isEncrypted(content: Buffer): boolean {
  try {
    const fields = readChildren(readWhole(content, TAG.SEQUENCE).content);
    return fields.length === 2 && fields[0]?.tag === TAG.SEQUENCE && fields[1]?.tag === TAG.OCTET_STRING;
  } catch {
    return false;
  }
}

function boundCost(content: Buffer, place: string): void {
  try {
    const [algorithm] = readChildren(readWhole(content, TAG.SEQUENCE).content);
    checkDerivationCost(algorithm?.raw ?? Buffer.alloc(0));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown form";
    throw unusableFile(place, `its encryption is not one that is read here (${reason})`, cause);
  }
}

function readPlain(place: string, read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw unusableFile(place, "it holds no private key that can be read", cause);
  }
}

/** Opens something with the first passphrase that fits; what cannot be opened is `issuer-unusable`. */
export async function openWith<T>(
  passphrases: Passphrases,
  place: string,
  open: (passphrase: string) => T,
): Promise<T> {
  let last: unknown;
  for await (const passphrase of passphrases()) {
    try {
      return open(passphrase);
    } catch (error) {
      if (error instanceof OnboardingError) throw error;
      last = error;
    }
  }
  throw new OnboardingError(
    `no passphrase given opens the key in ${place}; set LOTMINT_IMPORT_PASSPHRASE (or _FILE) to the one that it was exported with`,
    { code: "issuer-unusable", cause: last },
  );
}
