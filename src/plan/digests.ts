import { hash } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Subject } from "../domain/certificate.ts";
import type { KeystoreAliases } from "../domain/device.ts";
import type { RegistrationRow } from "../domain/registration.ts";

/**
 * SHA-256 in hex of what a certificate and its keystores are made from: the subject, the device's own request if there
 * is one, and the aliases where the row names them.
 */
export function subjectDigest(subject: Subject, certificateRequest?: string, aliases?: KeystoreAliases): string {
  const parts = subject.map(({ attribute, value }) => [attribute, value]);
  return digest([parts, certificateRequest ?? null, ...(aliases === undefined ? [] : [aliases])]);
}

/** SHA-256 in hex of what the platform is told about a device. */
export function registrationDigest(row: RegistrationRow): string {
  return digest(row);
}

function digest(value: unknown): string {
  return hash("sha256", canonicalJson(value));
}
