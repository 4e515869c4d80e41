/** The log of what was recorded, as chains of events: one for each lot, and the site's own. */
export interface Events {
  /** Records an event about something that has no table of its own. `detail` must hold no secret. */
  recordEvent(event: {
    readonly kind: string;
    readonly subject: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }): Promise<void>;
  /** Digest and time of the newest event of a lot's chain, or of the site's; undefined while it has none. */
  head(lot?: string): Promise<{ readonly digest: string; readonly atMs: number } | undefined>;
  /**
   * Whether any chain has an event with this digest, those of the archive included; if not, a chain's end
   * was cut off, or this is an older copy.
   */
  hasEvent(digest: string): Promise<boolean>;
  /** When anything was last reserved or signed, by this machine's clock then; undefined: never. */
  lastSignedAtMs(): Promise<number | undefined>;
  /**
   * Walks every chain from its start, which costs little, and holds the lots' chains against the site's
   * checkpoints; throws `state-damaged` naming the first event that does not fit.
   */
  verifyLinks(): Promise<void>;
  /**
   * The same, and checks the engine's own storage, and holds the certificates against the events. Gives the
   * number of events, and the digest of the site's newest one.
   */
  verifyEvents(): Promise<{ readonly events: number; readonly head: string }>;
  /**
   * Walks every chain as `verifyLinks` does, and holds only the certificates of these serial numbers, with those of
   * their batches, against the events. The engine's own storage is not looked at.
   */
  verifyEventsOf(serialNumbers: readonly string[]): Promise<{ readonly events: number; readonly head: string }>;
}
