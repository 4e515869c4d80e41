import type { RevocationReason, SerialNumber } from "../domain/certificate.ts";
import type { Stage } from "../domain/stage.ts";
import type { LotLease } from "./locks.ts";

/** Revocation of certificates. */
export interface Revoking {
  /**
   * What is known of these ids, in whatever lot: of the device that lives under the id, else of the last one
   * that was revoked. Ids without either are left out.
   */
  certifiedDevices(externalIds: readonly string[]): Promise<readonly CertifiedDevice[]>;
  /** The lot's devices that have a certificate which is not revoked. */
  revocableDevices(lot: string, shown: number): Promise<RevocableDevices>;
  /**
   * Revokes the certificates of these devices of the lot; their ids are free for another lot then. Those
   * without one, and those revoked already, stay as they are. Says how many were revoked.
   */
  revokeDevices(
    lease: LotLease,
    revocation: { readonly reason: RevocationReason; readonly externalIds: readonly string[] },
  ): Promise<number>;
  /**
   * Does so with every device of the lot, at most `perCommit` in one commit, and gives how many each commit revoked. What
   * is not asked for any more is not revoked.
   */
  revokeLot(
    lease: LotLease,
    revocation: { readonly reason: RevocationReason; readonly perCommit: number },
  ): AsyncIterable<number>;
  /** Revokes a certificate outside lots, such as an authority's; false when it is none that is valid. */
  revokeCertificate(revocation: {
    readonly serialNumber: SerialNumber;
    readonly reason: RevocationReason;
  }): Promise<boolean>;

  /** Whether this very certificate is revoked, also one that another tool signed. */
  isRevoked(certificate: { readonly serialNumber: SerialNumber; readonly sha256: string }): Promise<boolean>;
}

/** Devices of a lot that can be revoked. */
export interface RevocableDevices {
  readonly devices: number;
  /** Who issued their certificates. */
  readonly issuers: readonly string[];
  /** The ids of the first ones in manifest order, as many as were to be shown. */
  readonly first: readonly string[];
}

/** A device as revoking sees it. */
export interface CertifiedDevice {
  readonly externalId: string;
  readonly lot: string;
  readonly stage: Stage;
  /** Of its certificate; null while it has none. */
  readonly serialNumber: SerialNumber | null;
  readonly issuer: string | null;
  readonly revoked: boolean;
}
