/** One way in which what is on disk or on the platform is not what the ledger says. */
export interface Difference {
  /** The device, or "" when the lot as a whole is meant. */
  readonly externalId: string;
  /** A sentence without a full stop; never holds a key or a password. */
  readonly what: string;
  readonly expected?: string;
  readonly found?: string;
}
