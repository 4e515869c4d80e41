import { KeystoreError } from "./keystore-error.ts";
import { readJks } from "./read-jks.ts";
import { readPkcs12 } from "./read-strict-pkcs12.ts";

/**
 * The certificates in a truststore that is named after its format, DER: those that its readers would trust.
 * Throws `KeystoreFault` where it does not open.
 */
export function readTruststore(name: string, content: Buffer, password: string): readonly Buffer[] {
  if (name.endsWith(".pem")) return readPem(content);
  const { privateKey, trusted } = name.endsWith(".jks") ? readJks(content, password) : readPkcs12(content, password);
  if (privateKey !== undefined) throw new KeystoreError("it holds a key", { kind: "damaged" });
  return trusted.map(({ certificate }) => certificate);
}

function readPem(content: Buffer): readonly Buffer[] {
  const blocks = content.toString("latin1").matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  return Array.from(blocks, ([, base64]) => Buffer.from(base64 ?? "", "base64"));
}
