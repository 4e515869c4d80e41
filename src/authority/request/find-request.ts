import { TAG } from "../../asn1/der.ts";
import { readPem, readPemText } from "../../x509/pem.ts";

const LABELS: readonly string[] = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

/**
 * The one PKCS#10 request in a file or a cell, as DER: the file in DER, or one block of PEM with whatever stands
 * around it. Or, in a clause without its subject, why there is none: several requests, a private key, something else. The DER itself is not
 * looked into.
 */
export function findRequest(source: string | Buffer): { readonly der: Buffer } | { readonly problem: string } {
  if (typeof source !== "string" && source[0] === TAG.SEQUENCE) return { der: source };
  const text = typeof source === "string" ? source : readPemText(source);
  // Of a key in the older encryption only the first line can be relied on.
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    return { problem: "holds a private key: give the certificate request alone, and keep the key to yourself" };
  }
  const blocks = readPem(text);
  const [request, ...more] = blocks.filter(({ label }) => LABELS.includes(label));
  if (request === undefined) {
    const [other] = blocks;
    const instead = other === undefined ? "" : `, but ${other.label}`;
    return { problem: `holds no certificate request in PEM form${instead}` };
  }
  if (more.length > 0) return { problem: `holds ${more.length + 1} certificate requests; give one alone` };
  return { der: request.der };
}
