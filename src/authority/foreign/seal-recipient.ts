import { type KeyObject, X509Certificate } from "node:crypto";
import { OnboardingError } from "../../domain/error.ts";
import { isoDay } from "../../domain/iso-time.ts";
import { describeKey } from "../key-algorithm.ts";
import { readForeignCertificates } from "./foreign-file.ts";

const MIN_BITS = 2048;

/**
 * The recipient that a job's passwords are sealed to, from the certificate in a file: one certificate, RSA of at least 2048
 * bits, valid now. Throws `usage` for anything else.
 */
export function readSealRecipient(
  path: string,
  nowMs: number,
): { readonly issuer: Buffer; readonly serialOctets: Buffer; readonly publicKey: KeyObject } {
  const [certificate, ...others] = readForeignCertificates(path);
  if (certificate === undefined || others.length > 0) {
    throw unusable(path, `it holds ${others.length + 1} certificates; it must be one person's`);
  }
  const publicKey = publicKeyOf(path, certificate.raw);
  const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {};
  if (publicKey.asymmetricKeyType !== "rsa" || modulusLength < MIN_BITS) {
    throw unusable(path, `its key is ${describeKey(publicKey)}; it must be RSA with at least ${MIN_BITS} bits`);
  }
  // Inclusive to the second (RFC 5280, 4.1.2.5).
  if (nowMs >= certificate.notAfterMs + 1000) throw unusable(path, `it expired on ${isoDay(certificate.notAfterMs)}`);
  if (nowMs < certificate.notBeforeMs)
    throw unusable(path, `it is not valid before ${isoDay(certificate.notBeforeMs)}`);
  const { issuer, serialOctets } = certificate;
  return { issuer, serialOctets, publicKey };
}

function publicKeyOf(path: string, der: Buffer): KeyObject {
  try {
    return new X509Certificate(der).publicKey;
  } catch (cause) {
    throw unusable(path, "its public key cannot be read", cause);
  }
}

function unusable(path: string, problem: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`passwords cannot be sealed to ${path} (secrets.sealTo): ${problem}`, {
    code: "usage",
    cause,
  });
}
