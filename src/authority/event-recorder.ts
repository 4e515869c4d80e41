/** The part of the ledger that records what was done with an authority. */
export interface EventRecorder {
  recordEvent(event: {
    readonly kind: string;
    readonly subject: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }): Promise<void>;
}
