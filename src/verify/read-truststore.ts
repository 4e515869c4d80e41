import { readPemCertificates } from "../x509/pem.ts";
import { KeystoreError } from "./keystore-error.ts";
import { readJks } from "./read-jks.ts";
import { readPkcs12 } from "./read-strict-pkcs12.ts";

/**
 * The certificates in a truststore that is named after its format, DER: those that its readers would trust.
 * Throws `KeystoreError` where it does not open.
 */
export function readTruststore(name: string, content: Buffer, password: string): readonly Buffer[] {
  if (name.endsWith(".pem")) return readPemCertificates(content.toString("latin1"));
  const { privateKey, trusted } = name.endsWith(".jks") ? readJks(content, password) : readPkcs12(content, password);
  if (privateKey !== undefined) throw new KeystoreError("it holds a key", { kind: "damaged" });
  return trusted.map(({ certificate }) => certificate);
}
