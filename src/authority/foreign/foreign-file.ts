import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { isMissing, wordsOf } from "../../disk/disk-error.ts";
import { OnboardingError } from "../../domain/error.ts";
import { readPemCertificates } from "../../x509/pem.ts";
import { type CertificateFields, readCertificate } from "../../x509/read-certificate.ts";

/** Keys, certificates and keystores are some kilobytes, a chain perhaps some dozen. */
const MAX_OCTETS = 1024 * 1024;
const SEQUENCE = 0x30;

/** A file that somebody handed us, whole. Throws `usage` when it cannot be read, is none or is too large. */
export function readForeignFile(path: string, maxOctets: number = MAX_OCTETS): Buffer {
  const file = guarded(path, () => openSync(path, "r"));
  try {
    const found = guarded(path, () => fstatSync(file));
    if (!found.isFile()) throw unusableFile(path, "it is no file");
    if (found.size > maxOctets) throw unusableFile(path, `it is larger than ${maxOctets} octets`);
    return guarded(path, () => readFileSync(file));
  } finally {
    closeSync(file);
  }
}

/** The certificates in a file, in their order: PEM with anything around it, or one in DER. Throws `usage` when there is none. */
export function readForeignCertificates(path: string): readonly CertificateFields[] {
  const content = readForeignFile(path);
  const found = content[0] === SEQUENCE ? [content] : readPemCertificates(content.toString("latin1"));
  if (found.length === 0) throw unusableFile(path, "it holds no certificate, neither in PEM nor in DER form");
  return found.map((der) => readForeignCertificate(der, path));
}

/** One DER certificate out of `place`. Throws `usage` for what is none. */
export function readForeignCertificate(der: Buffer, place: string): CertificateFields {
  try {
    return readCertificate(der);
  } catch (cause) {
    throw unusableFile(place, "it holds something that is not a certificate", cause);
  }
}

/** The fault of a file that is not what it was handed over as. */
export function unusableFile(path: string, fault: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`${path} cannot be used: ${fault}`, { code: "usage", cause });
}

function guarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw unusableFile(
      path,
      isMissing(cause) ? "there is no such file" : (wordsOf(cause, path) ?? "it cannot be read"),
      cause,
    );
  }
}
