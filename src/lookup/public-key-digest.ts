import { createPrivateKey, createPublicKey, hash, type KeyObject } from "node:crypto";
import { readPem, readPemText } from "../x509/pem.ts";
import { readCertificate } from "../x509/read-certificate.ts";
import { readRequestFields } from "./read-request-fields.ts";

/**
 * SHA-256 (hex) of the SubjectPublicKeyInfo in a file: that of a certificate, a certificate request, a public key or
 * an unencrypted private key, PEM or DER; of several PEM blocks, the first that has one. Undefined for any other file.
 */
export function publicKeyDigest(octets: Buffer): string | undefined {
  const blocks = readPem(readPemText(octets)).map(({ der }) => der);
  for (const der of blocks.length > 0 ? blocks : [octets]) {
    const spki = READERS.map((read) => attempt(() => read(der))).find((found) => found !== undefined);
    if (spki !== undefined) return hash("sha256", spki, "hex");
  }
  return undefined;
}

const exported = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

const READERS: readonly ((der: Buffer) => Buffer)[] = [
  (der) => readCertificate(der).spki,
  (der) => readRequestFields(der).spki,
  (der) => exported(createPublicKey({ key: der, format: "der", type: "spki" })),
  ...(["pkcs8", "pkcs1", "sec1"] as const).map(
    (type) => (der: Buffer) => exported(createPublicKey(createPrivateKey({ key: der, format: "der", type }))),
  ),
];

function attempt(read: () => Buffer): Buffer | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
