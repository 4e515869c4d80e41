import type { Platform, Reply } from "./platform.ts";
import { type RetryPolicy, retryWhileUncertain } from "./retry.ts";

/**
 * The same platform, asking again whatever gets no useful answer, as the policy says; the last reply stands. A signal
 * given with a question takes the place of the policy's, for its request and for its pauses. `registerBulk` is sent
 * once: whether an unanswered upload was done is found out by reading back, and `submit/` decides what is sent again.
 */
export function retrying(platform: Platform, policy: RetryPolicy): Platform {
  function ask<T>(
    question: (signal?: AbortSignal) => Promise<Reply<T>>,
    signal: AbortSignal | undefined = policy.signal,
  ): Promise<Reply<T>> {
    if (signal === undefined) return retryWhileUncertain(() => question(), policy);
    return retryWhileUncertain(() => question(signal), { ...policy, signal });
  }
  return {
    currentTenant: (signal) => ask((by) => platform.currentTenant(by), signal),
    currentUser: (signal) => ask((by) => platform.currentUser(by), signal),
    trustedCertificates: (tenant, signal) => ask((by) => platform.trustedCertificates(tenant, by), signal),
    trustedCertificate: (tenant, fingerprint, signal) =>
      ask((by) => platform.trustedCertificate(tenant, fingerprint, by), signal),
    addTrustedCertificate: (tenant, certificate, signal) =>
      ask((by) => platform.addTrustedCertificate(tenant, certificate, by), signal),
    updateTrustedCertificate: (tenant, fingerprint, change, signal) =>
      ask((by) => platform.updateTrustedCertificate(tenant, fingerprint, change, by), signal),
    renewVerificationCode: (tenant, fingerprint, signal) =>
      ask((by) => platform.renewVerificationCode(tenant, fingerprint, by), signal),
    provePossession: (tenant, fingerprint, signedCode, signal) =>
      ask((by) => platform.provePossession(tenant, fingerprint, signedCode, by), signal),
    hasExternalId: (type, externalId, signal) => ask((by) => platform.hasExternalId(type, externalId, by), signal),
    hasDeviceUser: (tenant, externalId, signal) => ask((by) => platform.hasDeviceUser(tenant, externalId, by), signal),
    revokeSerials: (serials, signal) => ask((by) => platform.revokeSerials(serials, by), signal),
    revokedSerials: (signal) => ask((by) => platform.revokedSerials(by), signal),
    tenantOption: (category, key, signal) => ask((by) => platform.tenantOption(category, key, by), signal),
    registerBulk: (csv, fileName, signal) => platform.registerBulk(csv, fileName, signal),
    whenFree: async (signal) => platform.whenFree?.(signal),
    close: () => platform.close(),
  };
}
