import forge from "node-forge";
import { ALIAS, type Format, ITERATIONS, type Material, PASSWORDS, type Step } from "./formats.ts";

/** The formats that node-forge can write; its private keys are RSA only. */
export const FORGE_FORMATS: readonly Format[] = ["PKCS#12 modern", "PKCS#12 legacy", "encrypted PEM"];

/** One file after the other with node-forge, from objects that it has parsed beforehand. */
export function openForge(format: Format, material: Material): Step {
  const read = (octets: Uint8Array) => forge.asn1.fromDer(Buffer.from(octets).toString("latin1"));
  const key = forge.pki.privateKeyFromAsn1(read(material.pkcs8)) as forge.pki.rsa.PrivateKey;
  const certificates = [material.certificate, ...material.chain].map((octets) =>
    forge.pki.certificateFromAsn1(read(octets)),
  );
  const password = PASSWORDS[0] ?? "";
  const options = { algorithm: format === "PKCS#12 modern" ? "aes256" : "3des", count: ITERATIONS } as const;
  if (format === "encrypted PEM") {
    return () => {
      forge.pki.encryptRsaPrivateKey(key, password, { ...options, algorithm: "aes256" });
      return 1;
    };
  }
  return () => {
    const file = forge.pkcs12.toPkcs12Asn1(key, certificates, password, { ...options, friendlyName: ALIAS });
    forge.asn1.toDer(file);
    return 1;
  };
}
