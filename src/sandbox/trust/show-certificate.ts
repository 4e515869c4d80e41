import { baseUrl, type Call } from "../call.ts";
import type { StoredCertificate } from "./stored-certificate.ts";

/** A trusted certificate as the platform shows it ([OAS] `TrustedCertificate`). */
export function showCertificate(call: Call, stored: StoredCertificate): Readonly<Record<string, unknown>> {
  const { x509 } = stored;
  return {
    algorithmName: stored.algorithmName,
    autoRegistrationEnabled: stored.autoRegistrationEnabled,
    certInPemFormat: base64Lines(x509.raw),
    fingerprint: stored.fingerprint,
    issuer: javaName(x509.issuer),
    name: stored.name,
    notAfter: x509.validToDate.toISOString(),
    notBefore: x509.validFromDate.toISOString(),
    proofOfPossessionUnsignedVerificationCode: stored.verificationCode,
    proofOfPossessionValid: stored.proofOfPossessionValid,
    proofOfPossessionVerificationCodeUsableUntil: new Date(stored.codeUsableUntilMs).toISOString(),
    self: `${certificatesUrl(call)}/${stored.fingerprint}`,
    // Decimal, while revocation takes hex.
    serialNumber: decimal(x509.serialNumber),
    status: stored.status,
    subject: javaName(x509.subject),
    tenantCertificateAuthority: false,
    version: stored.version,
  };
}

/** Negative numbers, which some tools have made, come with a minus sign. */
function decimal(hex: string): string {
  return hex.startsWith("-") ? (-BigInt(`0x${hex.slice(1)}`)).toString() : BigInt(`0x${hex}`).toString();
}

/** The address of the tenant's list. */
export function certificatesUrl(call: Call): string {
  return `${baseUrl(call)}/tenant/tenants/${call.state.tenant}/trusted-certificates`;
}

/** The base64 body of a PEM file without its BEGIN and END lines: the platform's form of certInPemFormat. */
function base64Lines(der: Buffer): string {
  return der.toString("base64").replace(/.{1,64}/g, "$&\n");
}

/** `CN=device, O=Acme`: last attribute first, as Java writes names. */
function javaName(name: string): string {
  return name.split("\n").reverse().join(", ");
}
