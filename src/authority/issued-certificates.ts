import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { authorityLayout, type Home } from "../disk/layout.ts";
import { readPemCertificates } from "../x509/pem.ts";
import { type CertificateFields, readCertificate } from "../x509/read-certificate.ts";

/**
 * Every certificate of an authority that stands in this home: the authorities' own, and the copies of those
 * that they signed for other organisations. A file that cannot be read shows nothing and hides no other.
 */
export function issuedCertificates(home: Home): readonly CertificateFields[] {
  return namesIn(home.authorities)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) => {
      const { certificate, issued } = authorityLayout(home, name);
      const copies = namesIn(issued).filter((file) => file.endsWith(".pem"));
      return [certificate, ...copies.map((file) => join(issued, file))];
    })
    .flatMap(readIfThere);
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function readIfThere(path: string): readonly CertificateFields[] {
  try {
    return readPemCertificates(readFileSync(path, "utf8")).map(readCertificate);
  } catch {
    return [];
  }
}
