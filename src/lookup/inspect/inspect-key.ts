import { createPrivateKey, createPublicKey, hash, type KeyObject } from "node:crypto";
import { TAG } from "../../asn1/der.ts";
import { readChildren, readWhole } from "../../asn1/read-der.ts";
import { checkDerivationCost } from "../../authority/foreign/derivation-cost.ts";
import { encryptionName } from "./encryption-name.ts";
import { closedFile, type FilePasswords, tryPasswords } from "./file-passwords.ts";
import type { InspectedEntry, Inspection } from "./inspection.ts";
import { keyObjectAlgorithm } from "./key-algorithm.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** What became of a key: its entry, how it is written, and why its type is not known. */
export interface InspectedKey {
  readonly entry: InspectedEntry;
  readonly format: string;
  readonly problem?: Inspection["problem"];
}

const TYPES = { pkcs8: "PKCS#8", pkcs1: "PKCS#1", sec1: "SEC 1" } as const;

/** A public key, SubjectPublicKeyInfo in DER. Throws `usage` for what is none. */
export function inspectPublicKey(der: Buffer): InspectedKey {
  const key = attempt(() => createPublicKey({ key: der, format: "der", type: "spki" }));
  if (key === undefined) throw unreadableFile("it is a public key of a kind that is not known here, or a damaged one");
  return { entry: entryOf(key, false), format: "public key" };
}

/** A private key that nothing protects: PKCS#8, PKCS#1 or SEC 1 in DER. Throws `usage` for what is none. */
export function inspectPlainKey(der: Buffer): InspectedKey {
  for (const [type, name] of Object.entries(TYPES)) {
    const key = attempt(() => createPrivateKey({ key: der, format: "der", type: type as keyof typeof TYPES }));
    if (key !== undefined) return { entry: entryOf(key, false), format: `private key, ${name}, not encrypted` };
  }
  throw unreadableFile("it is a private key of a kind that is not known here, or a damaged one");
}

/** EncryptedPrivateKeyInfo in DER (RFC 5958, 3); opened only to tell its type. */
export async function inspectSealedKey(der: Buffer, passwords: FilePasswords): Promise<InspectedKey> {
  const [algorithm] = readChildren(readWhole(der, TAG.SEQUENCE).content);
  const sealed = algorithm?.raw ?? Buffer.alloc(0);
  const format = `private key, PKCS#8, encrypted with ${encryptionName(sealed)}`;
  try {
    checkDerivationCost(sealed);
  } catch (cause) {
    const reason = cause instanceof RangeError ? cause.message : "unknown form";
    return {
      entry: closedKey(),
      format,
      problem: { kind: "unsupported", message: `its encryption is not read here (${reason})` },
    };
  }
  return openSealed(format, passwords, (passphrase) =>
    createPrivateKey({ key: der, format: "der", type: "pkcs8", passphrase }),
  );
}

/** A private key in PEM under OpenSSL's older encryption (RFC 1421, 4.6); `block` is its whole PEM text. */
export async function inspectLegacyKey(block: string, passwords: FilePasswords): Promise<InspectedKey> {
  const cipher = /^DEK-Info: *([A-Z0-9-]{1,40})/m.exec(block)?.[1] ?? "an unknown cipher";
  return openSealed(`private key, encrypted with ${cipher} (OpenSSL's older way)`, passwords, (passphrase) =>
    createPrivateKey({ key: block, format: "pem", passphrase }),
  );
}

async function openSealed(
  format: string,
  passwords: FilePasswords,
  open: (password: string) => KeyObject,
): Promise<InspectedKey> {
  const found = await tryPasswords(passwords, (password) => attempt(() => open(password)));
  if (found.opened !== undefined) return { entry: entryOf(found.opened, true), format };
  return { entry: closedKey(), format, problem: closedFile(found.tried) };
}

function closedKey(): InspectedEntry {
  return { kind: "key", chain: [], keyAlgorithm: null, encrypted: true, private: true };
}

function entryOf(key: KeyObject, encrypted: boolean): InspectedEntry {
  const isPrivate = key.type === "private";
  const spki = (isPrivate ? createPublicKey(key) : key).export({ type: "spki", format: "der" });
  return {
    kind: "key",
    chain: [],
    keyAlgorithm: keyObjectAlgorithm(key),
    publicKeySha256: hash("sha256", spki, "hex"),
    encrypted,
    private: isPrivate,
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
