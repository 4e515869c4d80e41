import { OnboardingError } from "../domain/error.ts";
import type { Platform, TrustedCertificate } from "./platform.ts";
import { type Asked, replyError } from "./reply-error.ts";
import { type RetryPolicy, retryWhileUncertain } from "./retry.ts";
import { READ_OWN_ROLE, TRUST_ROLES } from "./roles.ts";

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
  policy: RetryPolicy,
): Promise<UploadedAuthority> {
  const asked: Asked = { doing: "change trusted certificates", role: TRUST_ROLES.join(" or ") };
  const { signal } = policy;
  const user = await retryWhileUncertain(() => platform.currentUser(signal), policy);
  if (user.kind !== "answer") throw replyError(user, { doing: "show its own user", role: READ_OWN_ROLE });
  if (!user.value.roles.some((role) => TRUST_ROLES.includes(role))) {
    throw new OnboardingError(
      `user ${user.value.userName} may not change trusted certificates: give it the role ${TRUST_ROLES.join(" or ")}`,
      { code: "platform-refused" },
    );
  }

  const { name, pem, autoRegistration: autoRegistrationEnabled } = authority;
  // Sent again after a lost answer it is a conflict with itself, which the question below settles.
  const added = await retryWhileUncertain(
    () => platform.addTrustedCertificate(tenant, { name, pem, autoRegistrationEnabled }, signal),
    policy,
  );
  if (added.kind === "answer") return { kind: "added", certificate: added.value };
  if (added.kind !== "refused" || added.status !== 409) throw replyError(added, asked);

  const own = await retryWhileUncertain(() => platform.trustedCertificate(tenant, authority.sha1, signal), policy);
  if (own.kind !== "answer") throw replyError(own, asked);
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
  const changed = await retryWhileUncertain(
    () =>
      platform.updateTrustedCertificate(tenant, authority.sha1, { status: "ENABLED", autoRegistrationEnabled }, signal),
    policy,
  );
  if (changed.kind !== "answer") throw replyError(changed, asked);
  return { kind: "changed", certificate: changed.value };
}
