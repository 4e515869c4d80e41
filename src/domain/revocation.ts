import { REVOCATION_REASONS, type RevocationReason, type SerialNumber } from "./certificate.ts";

/** The reasons' numbers in a revocation list (RFC 5280, 5.3.1). */
export const REASON_CODES: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

/** The reasons that lotmint revokes for: what it revokes stays revoked, so nothing is put on hold or taken back. */
export const REASONS_TO_GIVE: readonly RevocationReason[] = REVOCATION_REASONS.filter(
  (reason) => reason !== "certificateHold" && reason !== "removeFromCRL",
);

/**
 * A certificate that nobody shall trust any more: revoked; or abandoned, since it may exist although
 * nobody is known to have it.
 */
export interface RevokedSerial {
  readonly serialNumber: SerialNumber;
  /** Milliseconds since 1970. */
  readonly revokedAtMs: number;
  readonly reason: RevocationReason;
}
