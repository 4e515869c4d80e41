import type { Ledger } from "../../src/ledger/ledger.ts";

/** Opens ledgers that live as long as the test; `now` is their clock. */
export type LedgerFactory = (now: () => number) => Promise<{
  /** Empty. */
  readonly ledger: Ledger;
  /** The same ledger as another machine has it open. */
  readonly elsewhere: () => Promise<Ledger>;
}>;
