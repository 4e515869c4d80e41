import type { RevokedSerial } from "../../../domain/revocation.ts";
import type { CrlRecord, RevocationListState } from "../../revocation-lists.ts";
import type { CertifiedDevice } from "../../revoking.ts";
import type { Place } from "./place.ts";

export interface RevokingStatements {
  /** Revokes the valid certificates of these devices; the devices end with them. Gives the serial numbers. */
  revokeDevices(lot: number, reason: string, externalIds: readonly string[]): Promise<readonly string[]>;
  /** The same for the lot's devices between two places, the second one included. */
  revokeSpan(lot: number, reason: string, after: Place, last: Place): Promise<readonly string[]>;
  /** The issuer's name; undefined when there is no such valid certificate outside a batch. */
  revokeAlone(serialNumber: string, reason: string): Promise<string | undefined>;
  isRevoked(serialNumber: string, sha256: string): Promise<boolean>;
  certifiedLive(externalIds: readonly string[]): Promise<readonly CertifiedDevice[]>;
  /** Devices that have ended, the one with the newest certificate last. */
  certifiedEnded(externalIds: readonly string[]): Promise<readonly CertifiedDevice[]>;
  /** Where the next `limit` of the lot's devices end that are not revoked; undefined when there are no more. */
  revocableEnd(lot: number, after: Place, limit: number): Promise<Place | undefined>;
  countRevocable(lot: string): Promise<{ readonly devices: number; readonly issuers: readonly string[] }>;
  firstRevocable(lot: string, limit: number): Promise<readonly string[]>;

  /** Own certificates, in the order of their row numbers from `after` on. */
  revokedPage(
    issuer: string,
    after: number,
    limit: number,
  ): Promise<readonly (RevokedSerial & { readonly id: number })[]>;
  /** What another tool signed, by serial number. */
  adoptedRevokedPage(issuer: string, after: string, limit: number): Promise<readonly RevokedSerial[]>;
  revocationList(issuer: string): Promise<RevocationListState>;
  /** Raises the issuer's counter of revocation lists, and reserves that number. */
  nextCrl(issuer: string): Promise<number>;
  /** False when the number is not reserved. */
  recordCrl(list: CrlRecord & { readonly issuer: string }): Promise<boolean>;
  lotsUnderWay(issuer: string): Promise<readonly string[]>;

  /** From the serial number `after` on, in the order of row numbers; "" is before all. */
  unpushed(issuer: string, platform: string, after: string, limit: number): Promise<readonly RevokedSerial[]>;
  countUnpushed(issuer: string): Promise<number>;
  /** Pushes without a recorded answer become unknown. */
  forgetPushes(issuer: string): Promise<void>;
  addPush(issuer: string, platform: string, serials: number): Promise<number>;
  /** Undefined when the push is not open. */
  closePush(
    push: number,
    kind: string,
    message: string | null,
  ): Promise<{ readonly issuer: string; readonly serials: number } | undefined>;
  markPushed(push: number, serialNumbers: readonly string[]): Promise<void>;
}
