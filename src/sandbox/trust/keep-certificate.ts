import { OnboardingError } from "../../domain/error.ts";
import { onlyFields } from "../http/json-body.ts";
import { RequestRefusal, unprocessable } from "../http/request-refusal.ts";
import type { SandboxState } from "../sandbox-state.ts";
import { readUploadedCertificate, requireActivatable, type StoredCertificate } from "./stored-certificate.ts";

/** Life of a verification code. The platform's is documented nowhere; only the field that tells its end is. */
const CODE_LIFETIME_MS = 24 * 3_600_000;

/** An `UploadedTrustedCertificate` checked and made ready to be kept. Throws 409 and 422; keeps nothing. */
export function prepareUploaded(state: SandboxState, value: unknown): StoredCertificate {
  const body = onlyFields(value, ["certInPemFormat", "status", "name", "autoRegistrationEnabled"], "certificate");
  const { certInPemFormat } = body;
  if (typeof certInPemFormat !== "string") throw unprocessable("certificate", "certInPemFormat must be a text");
  if (body["status"] === undefined) throw unprocessable("certificate", "status must be given");
  const settings = readSettings(body);
  const parsed = readUploadedCertificate(certInPemFormat, state.nowMs());
  if (settings.status === "ENABLED") requireActivatable(parsed.x509, state.nowMs());
  if (state.certificates.has(parsed.fingerprint) || state.foreignFingerprints.has(parsed.fingerprint)) {
    throw duplicate(parsed.fingerprint);
  }
  return {
    ...parsed,
    name: settings.name ?? "",
    status: settings.status ?? "ENABLED",
    autoRegistrationEnabled: settings.autoRegistrationEnabled ?? false,
    proofOfPossessionValid: false,
    ...newCode(state),
  };
}

/** The three fields that an owner may set. Throws a 422 for a wrong type: "true" is not true. */
export function readSettings(
  body: Readonly<Record<string, unknown>>,
): Partial<Pick<StoredCertificate, "name" | "status" | "autoRegistrationEnabled">> {
  const { name, status, autoRegistrationEnabled } = body;
  if (name !== undefined && typeof name !== "string") throw unprocessable("certificate", "name must be a text");
  if (status !== undefined && status !== "ENABLED" && status !== "DISABLED") {
    throw unprocessable("certificate", "status must be ENABLED or DISABLED");
  }
  if (autoRegistrationEnabled !== undefined && typeof autoRegistrationEnabled !== "boolean") {
    throw unprocessable("certificate", "autoRegistrationEnabled must be a boolean");
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { status }),
    ...(autoRegistrationEnabled === undefined ? {} : { autoRegistrationEnabled }),
  };
}

/** A fresh verification code: base64 text of 160 characters, as long as the documentation's example. */
export function newCode(state: SandboxState): Pick<StoredCertificate, "verificationCode" | "codeUsableUntilMs"> {
  return {
    verificationCode: state.randomBytes(120).toString("base64"),
    codeUsableUntilMs: state.nowMs() + CODE_LIFETIME_MS,
  };
}

/** Fingerprints are unique across the whole instance: another tenant's certificate is a 409 too. */
export function duplicate(fingerprint: string): RequestRefusal {
  return new RequestRefusal(
    409,
    "certificate/Conflict",
    `Cannot add certificate - certificate with ${fingerprint} fingerprint already exists. : ${fingerprint}`,
  );
}

/** Trusts a certificate before the first request: ENABLED, possession proven, no auto registration. */
export function trustFromStart(state: SandboxState, pem: string): void {
  try {
    const parsed = readUploadedCertificate(pem, state.nowMs());
    requireActivatable(parsed.x509, state.nowMs());
    state.certificates.set(parsed.fingerprint, {
      ...parsed,
      name: parsed.x509.subject.split("\n").join(", "),
      status: "ENABLED",
      autoRegistrationEnabled: false,
      proofOfPossessionValid: true,
      ...newCode(state),
    });
  } catch (cause) {
    if (!(cause instanceof RequestRefusal)) throw cause;
    throw new OnboardingError(`the sandbox cannot trust this certificate: ${cause.message}`, { code: "usage", cause });
  }
}
