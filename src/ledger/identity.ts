/** Whose ledger it is. */
export interface Identity {
  /** Whose ledger this is. A copy of the file (a snapshot, `cp -r`) has the same identity; a restore opens a generation. */
  identity(): Promise<LedgerIdentity>;
  /** Opens the next generation: what the one before marked as its own has to be taken over. */
  openGeneration(): Promise<LedgerIdentity>;
}

export interface LedgerIdentity {
  /** 32 hex digits. */
  readonly ledger: string;
  /** The present generation: its number, and 16 hex digits that no other restore of the same backup has. */
  readonly generation: string;
  /** Those before it. */
  readonly earlier: readonly string[];
}
