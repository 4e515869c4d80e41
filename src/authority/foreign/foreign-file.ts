import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { DerError } from "../../asn1/read-der.ts";
import { isMissing, reasonOf } from "../../disk/disk-error.ts";
import { OnboardingError } from "../../domain/error.ts";
import { type PemBlock, readPem, readPemText } from "../../x509/pem.ts";
import { type CertificateFields, readCertificate } from "../../x509/read-certificate.ts";
import { readPkcs7Certificates } from "./read-pkcs7.ts";

/** Keys, certificates and keystores are some kilobytes, a chain perhaps some dozen. */
const MAX_OCTETS = 1024 * 1024;
const SEQUENCE = 0x30;
const CERTIFICATE_LABELS: readonly string[] = ["CERTIFICATE", "X509 CERTIFICATE", "PKCS7", "CMS"];

/** A file that somebody handed us, whole. Throws `usage` when it cannot be read, is none or is too large. */
export function readForeignFile(path: string, maxOctets: number = MAX_OCTETS): Buffer {
  // Nothing waits for the other end of a pipe.
  const file = guarded(path, () => openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
  try {
    const found = guarded(path, () => fstatSync(file));
    if (!found.isFile()) throw unusableFile(path, "it is no file");
    if (found.size > maxOctets) throw unusableFile(path, `it is larger than ${maxOctets} octets`);
    return guarded(path, () => readFileSync(file));
  } finally {
    closeSync(file);
  }
}

/**
 * The certificates in a file, in their order: PEM with anything around it, one in DER, or those of a PKCS#7 file
 * (.p7b), in PEM or DER. Throws `usage` when there is none.
 */
export function readForeignCertificates(path: string): readonly CertificateFields[] {
  const content = readForeignFile(path);
  const found = content[0] === SEQUENCE ? [content] : readBlocks(readPem(readPemText(content)));
  const certificates = found.flatMap((der) => unpacked(der, path));
  if (certificates.length === 0) throw unusableFile(path, "it holds no certificate, neither in PEM nor in DER form");
  return certificates.map((der) => readForeignCertificate(der, path));
}

function readBlocks(blocks: readonly PemBlock[]): readonly Buffer[] {
  return blocks.filter(({ label }) => CERTIFICATE_LABELS.includes(label)).map(({ der }) => der);
}

function unpacked(der: Buffer, path: string): readonly Buffer[] {
  try {
    return readPkcs7Certificates(der) ?? [der];
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw unusableFile(path, "it is a PKCS#7 file (.p7b) that cannot be read; export the certificates as PEM", cause);
  }
}

/** One DER certificate out of `place`. Throws `usage` for what is none. */
export function readForeignCertificate(der: Buffer, place: string): CertificateFields {
  try {
    return readCertificate(der);
  } catch (cause) {
    throw unusableFile(place, "it holds something that is not a certificate", cause);
  }
}

/** The error of a file that is not of the kind that it was given as. */
export function unusableFile(path: string, problem: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`${path} cannot be used: ${problem}`, { code: "usage", cause });
}

function guarded<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw unusableFile(
      path,
      isMissing(cause) ? "there is no such file" : (reasonOf(cause, path) ?? "it cannot be read"),
      cause,
    );
  }
}
