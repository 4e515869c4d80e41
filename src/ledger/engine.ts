import type { DatabaseSync } from "node:sqlite";
import type { NewEvent } from "./events.ts";
import type { LotHold } from "./ledger.ts";
import type { Write } from "./transactions.ts";

/** What the ledger's methods are made of. */
export interface Engine {
  readonly now: () => number;
  /** Everything inside `write`. */
  readonly writer: DatabaseSync;
  /** Everything outside: sees the last commit, also while a transaction is open. */
  readonly reader: DatabaseSync;
  readonly write: Write;
  /** Runs a read of the `reader`, with SQLite's faults turned into ours. */
  readonly read: <T>(act: () => T) => Promise<T>;
  /** Inside `write` only: appends to the event chain. */
  readonly append: (event: NewEvent) => void;
  /** Inside `write` only: throws `lot-held` unless the hold still stands; beats, and gives the lot's row number. */
  readonly requireHold: (hold: LotHold) => number;
}
