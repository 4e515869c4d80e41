import { OnboardingError } from "../domain/error.ts";
import type { Platform, TrustedCertificate } from "./platform.ts";
import { replyError } from "./reply-error.ts";
import { CHANGE_TRUST, requireTrustRole } from "./require-trust-role.ts";

/** A certificate that the tenant shall trust. */
export interface AuthorityUpload {
  readonly name: string;
  /** Exactly one certificate. */
  readonly pem: string;
  /** Lower-case hex SHA-1 of its DER. */
  readonly sha1: string;
  readonly autoRegistration: boolean;
}

export interface UploadedAuthority {
  /** added: new to the tenant; changed: its flags were brought to what was asked; unchanged: it was so already. */
  readonly kind: "added" | "changed" | "unchanged";
  readonly certificate: TrustedCertificate;
}

/**
 * Makes a tenant trust a certificate, ENABLED and with the auto registration asked for; doing it again
 * changes nothing. Throws `platform-refused` or `platform-unreachable`.
 */
export async function uploadAuthority(
  platform: Platform,
  tenant: string,
  authority: AuthorityUpload,
): Promise<UploadedAuthority> {
  await requireTrustRole(platform);

  const { name, pem, autoRegistration: autoRegistrationEnabled } = authority;
  // Sent again after a lost answer it is a conflict with itself, which the question below decides.
  const added = await platform.addTrustedCertificate(tenant, { name, pem, autoRegistrationEnabled });
  if (added.kind === "answer") return { kind: "added", certificate: added.value };
  if (added.kind !== "refused" || added.status !== 409) throw replyError(added, CHANGE_TRUST);

  const own = await platform.trustedCertificate(tenant, authority.sha1);
  if (own.kind !== "answer") throw replyError(own, CHANGE_TRUST);
  if (own.value === undefined) {
    // Fingerprints are unique in the whole instance, not in the tenant.
    throw new OnboardingError(
      `the certificate of ${name} belongs to another tenant of this platform: remove it there, or use another authority for tenant ${tenant}`,
      { code: "platform-refused" },
    );
  }
  if (own.value.status === "ENABLED" && own.value.autoRegistrationEnabled === autoRegistrationEnabled) {
    return { kind: "unchanged", certificate: own.value };
  }
  const changed = await platform.updateTrustedCertificate(tenant, authority.sha1, {
    status: "ENABLED",
    autoRegistrationEnabled,
  });
  if (changed.kind !== "answer") throw replyError(changed, CHANGE_TRUST);
  return { kind: "changed", certificate: changed.value };
}
