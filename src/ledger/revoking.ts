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
  /** The lot's devices that have a certificate which is not revoked, in manifest order, with who issued it. */
  revocableDevices(lot: string): AsyncIterable<readonly { readonly externalId: string; readonly issuer: string }[]>;
  /**
   * Revokes the certificates of these devices of the lot; their ids are free for another lot then. Those
   * without one, and those revoked already, stay as they are. Says how many were revoked.
   */
  revokeDevices(
    lease: LotLease,
    revocation: { readonly reason: RevocationReason; readonly externalIds: readonly string[] },
  ): Promise<number>;
  /** Revokes a certificate outside lots, such as an authority's; false when it is none that is valid. */
  revokeCertificate(revocation: {
    readonly serialNumber: SerialNumber;
    readonly reason: RevocationReason;
  }): Promise<boolean>;

  /** Whether this very certificate is revoked, also one that another tool signed. */
  isRevoked(certificate: { readonly serialNumber: SerialNumber; readonly sha256: string }): Promise<boolean>;
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
