export interface GenerationRow {
  readonly ledger: string;
  readonly token: string;
}

export interface IdentityStatements {
  /** The newest first. */
  generations(): Promise<readonly GenerationRow[]>;
  addGeneration(): Promise<void>;
}
