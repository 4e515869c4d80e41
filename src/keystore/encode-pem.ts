import { derOctetString, derSequence } from "../asn1/der.ts";
import { openPbes2 } from "./pbes2.ts";
import type { RandomOctets } from "./random-pool.ts";

const LINE_OCTETS = 48;

/** One PEM block in lines of 64 characters, line feed at the end (RFC 7468). In octets, so that a key's can be wiped. */
export function encodePem(label: "CERTIFICATE" | "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY", octets: Uint8Array): Buffer {
  const source = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  const begin = `-----BEGIN ${label}-----\n`;
  const end = `-----END ${label}-----\n`;
  const lines = Math.ceil(source.length / LINE_OCTETS);
  const octetCount = begin.length + Math.ceil(source.length / 3) * 4 + lines + end.length;
  // A key's has memory of its own; others come from Buffer's pool, which costs a tenth.
  const pem = label === "CERTIFICATE" ? Buffer.allocUnsafe(octetCount) : Buffer.alloc(octetCount);
  let at = pem.write(begin, "latin1");
  for (let start = 0; start < source.length; start += LINE_OCTETS) {
    at += pem.write(`${source.toString("base64", start, start + LINE_OCTETS)}\n`, at, "latin1");
  }
  pem.write(end, at, "latin1");
  return pem;
}

/** key.pem in the clear, as PKCS#8. */
export function writeKeyPem(pkcs8: Uint8Array): Buffer {
  return encodePem("PRIVATE KEY", pkcs8);
}

/** A writer of key.pem as encrypted PKCS#8: PBES2 with AES-256-CBC (RFC 8018, 6.2; RFC 5958, 3). */
export function openEncryptedKeyWriter(
  iterations: number,
  random: RandomOctets,
): (pkcs8: Uint8Array, password: string) => Buffer {
  const pbes2 = openPbes2(iterations, random);
  return (pkcs8, password) => {
    const { algorithm, ciphertext } = pbes2(password, (encrypt) => encrypt(pkcs8));
    return encodePem("ENCRYPTED PRIVATE KEY", derSequence(algorithm, derOctetString(ciphertext)));
  };
}
