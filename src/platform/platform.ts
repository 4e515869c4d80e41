import type { BulkAnswer } from "../domain/registration.ts";

/**
 * What came back from the platform, so that the caller can tell what is final:
 * - answer: complete and understood
 * - refused: a 3xx or 4xx that sending again will not change; nothing was done. Status 0: the
 *   platform's certificate is not trusted, and nothing was sent
 * - busy: 408 or 429; nothing was done, send again after a pause. Status 0: no connection stood, and
 *   nothing was sent
 * - unknown: 5xx, a time-out, a broken connection, a garbled or unexpected answer; it may have been done
 */
export type Reply<T> = { readonly kind: "answer"; readonly value: T; readonly date?: number } | Unanswered;

/** A reply that is not the answer. */
export type Unanswered =
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  | { readonly kind: "busy"; readonly status: number; readonly message: string; readonly retryAfterMs?: number }
  | { readonly kind: "unknown"; readonly status?: number; readonly message: string; readonly retryAfterMs?: number };

/**
 * The platform as lotmint uses it. No method throws for anything that the platform or the network
 * does; each makes one request (or one per page) and never retries: `retry.ts` does that. Messages
 * never hold credentials, and at most 300 characters of the platform's own message.
 */
export interface Platform {
  /** Tenant and time; also shows that address, TLS and login are right. */
  currentTenant(signal?: AbortSignal): Promise<Reply<CurrentTenant>>;
  currentUser(signal?: AbortSignal): Promise<Reply<CurrentUser>>;
  trustedCertificates(tenant: string, signal?: AbortSignal): Promise<Reply<readonly TrustedCertificate[]>>;
  /** One by its SHA-1 fingerprint; undefined when this tenant does not have it. */
  trustedCertificate(
    tenant: string,
    fingerprint: string,
    signal?: AbortSignal,
  ): Promise<Reply<TrustedCertificate | undefined>>;
  addTrustedCertificate(
    tenant: string,
    certificate: NewTrustedCertificate,
    signal?: AbortSignal,
  ): Promise<Reply<TrustedCertificate>>;
  updateTrustedCertificate(
    tenant: string,
    fingerprint: string,
    change: {
      readonly name?: string;
      readonly status?: "ENABLED" | "DISABLED";
      readonly autoRegistrationEnabled?: boolean;
    },
    signal?: AbortSignal,
  ): Promise<Reply<TrustedCertificate>>;
  /** Has a new code made for a certificate's proof of possession. */
  renewVerificationCode(tenant: string, fingerprint: string, signal?: AbortSignal): Promise<Reply<TrustedCertificate>>;
  /** Hands in the signed code, base64; the answer shows whether it was taken. */
  provePossession(
    tenant: string,
    fingerprint: string,
    signedCode: string,
    signal?: AbortSignal,
  ): Promise<Reply<TrustedCertificate>>;
  /** Sends one bulk registration file. */
  registerBulk(csv: Uint8Array, fileName: string, signal?: AbortSignal): Promise<Reply<BulkAnswer>>;
  /** Whether the external id is there. */
  hasExternalId(type: string, externalId: string, signal?: AbortSignal): Promise<Reply<boolean>>;
  /** Whether the device's user `device_<id>` is there. */
  hasDeviceUser(tenant: string, externalId: string, signal?: AbortSignal): Promise<Reply<boolean>>;
  /** Adds serial numbers to the list that the platform checks offline; irreversible, and repeats are harmless. */
  revokeSerials(
    serials: readonly { readonly serialNumber: string; readonly revokedAtMs: number }[],
    signal?: AbortSignal,
  ): Promise<Reply<true>>;
  /** Lower-case hex serial numbers, without leading zeros, on the list that the platform checks offline. */
  revokedSerials(signal?: AbortSignal): Promise<Reply<ReadonlySet<string>>>;
  /** A tenant option; undefined when it is not set. */
  tenantOption(category: string, key: string, signal?: AbortSignal): Promise<Reply<string | undefined>>;
  /** Waits for the end of a pause that the platform asked for, or for the signal; absent: it never asks for one. */
  whenFree?(signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** One request to the platform and what came of it, for counting. */
export interface PlatformReply {
  /** Of the request, upper case. */
  readonly method: string;
  /** The HTTP status; null: there was no answer. */
  readonly status: number | null;
  readonly seconds: number;
}

export interface CurrentTenant {
  readonly id: string;
  readonly domainName?: string;
}

export interface CurrentUser {
  readonly userName: string;
  readonly roles: readonly string[];
}

export interface NewTrustedCertificate {
  readonly name: string;
  readonly pem: string;
  readonly autoRegistrationEnabled: boolean;
}

/** A certificate in the tenant's list, with the platform's spellings made one. */
export interface TrustedCertificate {
  /** Lower-case hex SHA-1 of the DER certificate. */
  readonly fingerprint: string;
  readonly name: string;
  readonly status: "ENABLED" | "DISABLED";
  readonly autoRegistrationEnabled: boolean;
  readonly proofOfPossessionValid: boolean;
  /** ISO 8601, as the platform gives it; absent when it does not. */
  readonly notAfter?: string;
  /** What has to be signed to prove possession of the key, and until when (ISO 8601); no secret. */
  readonly verificationCode?: string;
  readonly codeUsableUntil?: string;
}
