import type { SerialNumber } from "../domain/certificate.ts";
import type { RevokedSerial } from "../domain/revocation.ts";

/** Revocation lists, and serial numbers on their way to a platform. */
export interface RevocationLists {
  /**
   * What belongs into an issuer's revocation list, abandoned serial numbers included: first its own in the order in which
   * they were reserved, then those that another tool signed, by serial number. Each page is a read of its own: what is
   * revoked meanwhile may be missing.
   */
  revokedSerials(issuer: string): AsyncIterable<readonly RevokedSerial[]>;
  revocationList(issuer: string): Promise<RevocationListState>;
  /** Commits the next number of an issuer's revocation lists, before that list is signed; they grow (RFC 5280, 5.2.3). */
  reserveCrl(issuer: string): Promise<number>;
  /** Records the list that was written under a reserved number. */
  recordCrl(list: CrlRecord & { readonly issuer: string }): Promise<void>;
  /** Lots with batches under this issuer that are neither placed nor void. */
  lotsUnderWay(issuer: string): Promise<readonly string[]>;
  /**
   * Serial numbers of an issuer's own in its list that this platform has not taken yet, in the order in which they were
   * reserved, from `after` on, at most `limit`.
   */
  unpushedSerials(query: {
    readonly issuer: string;
    readonly platform: string;
    /** The serial number that came last; "" for the start. */
    readonly after: string;
    readonly limit: number;
  }): Promise<readonly RevokedSerial[]>;
  /** How many serial numbers of an issuer's list no platform has taken. */
  countUnpushed(issuer: string): Promise<number>;
  /** Commits the intent to tell a platform of these serial numbers, before they are sent. */
  openPush(push: {
    readonly issuer: string;
    readonly platform: string;
    readonly serialNumbers: readonly SerialNumber[];
  }): Promise<number>;
  /** Commits what became of it. */
  closePush(
    push: number,
    outcome: {
      readonly kind: "answered" | "refused" | "unknown";
      readonly message?: string;
      readonly serialNumbers: readonly SerialNumber[];
    },
  ): Promise<void>;
}

/** A revocation list that was written. */
export interface CrlRecord {
  readonly number: number;
  readonly entries: number;
  readonly sha256: string;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
}

/** How an issuer's newest revocation list stands against what is revoked. */
export interface RevocationListState {
  /** Entries that a list written now would have, and how many of them are revoked rather than abandoned. */
  readonly due: number;
  readonly revoked: number;
  readonly written: CrlRecord | null;
}
