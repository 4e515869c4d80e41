import type { NewEvent } from "./event-digest.ts";
import type { Statements } from "./statements.ts";

/** An event on its way into a chain: the lot's row number, or `SITE`. */
export interface ChainedEvent extends NewEvent {
  readonly chain: number;
}

/** Notes an event, which is appended as the last thing that its transaction does. */
export type Append = (event: ChainedEvent) => void;

/** What the rules need: transactions and statements of one database. */
export interface Engine {
  /**
   * Runs `act` as one transaction: committed and durable when the promise is fulfilled, else undone. `act` may
   * wait for the statements that it gets and for nothing else.
   */
  readonly write: <T>(act: (on: Statements, append: Append) => Promise<T>) => Promise<T>;
  /** Runs reads of what was committed last; each statement sees a state of its own. */
  readonly read: <T>(act: (on: Statements) => Promise<T>) => Promise<T>;
  /** The lots that this process holds, as the other processes under the same kernel see it. */
  readonly lotLocks: LotLocks;
  /** Room for what is gathered before a transaction; it is no part of the ledger and goes when it is closed. */
  readonly openStaging: () => Staging;
}

/** Texts in the order in which they were added. */
export interface Staging {
  readonly add: (text: string) => Promise<void>;
  /** Lets other tasks of this process run between two texts. */
  readonly all: () => AsyncIterable<string>;
  readonly close: () => void;
}

/** Locks that only the processes under one kernel see, and that go with their process. */
export interface LotLocks {
  /** Takes a lot; undefined when another run has it. */
  take(lot: string): { readonly release: () => void } | undefined;
  /** Remembers what a run holds, so that it is not collected, and `release` finds it. */
  keep(run: number, lock: { readonly release: () => void }): void;
  /** Lets go of what a run holds, if anything. */
  release(run: number): void;
}
