import type { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { ledgerError, sqliteCode } from "./ledger-error.ts";
import { LOCK_SLICE_MS } from "./ledger-file.ts";

const SQLITE_BUSY = 5;
const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/** Runs `act` as one transaction: committed and durable when the promise is fulfilled, else undone. */
export type Write = <T>(act: () => T | Promise<T>) => Promise<T>;

export interface TransactionQueue {
  readonly write: Write;
  /** Fulfilled when all that was asked for so far is done, whatever came of it. */
  readonly idle: () => Promise<void>;
}

/**
 * One transaction at a time on this connection, in the order of asking. `act` may wait for something
 * else than another `write` of the same connection: that one would wait for it in turn.
 */
export function queueTransactions(writer: DatabaseSync, path: string): TransactionQueue {
  const begin = writer.prepare("BEGIN IMMEDIATE");
  const commit = writer.prepare("COMMIT");
  let last: Promise<unknown> = Promise.resolve();

  async function transact<T>(act: () => T | Promise<T>): Promise<T> {
    try {
      await whenFree(() => begin.run());
      const result = await act();
      commit.run();
      return result;
    } catch (error) {
      undo(writer);
      throw ledgerError(error, path);
    }
  }

  return {
    write: (act) => {
      const turn = last.then(() => transact(act));
      last = turn.then(ignore, ignore);
      return turn;
    },
    idle: async () => {
      await last;
    },
  };
}

function ignore(): void {}

/** Waits for another program's transaction without keeping this one's timers and answers waiting. */
async function whenFree(begin: () => unknown): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += LOCK_SLICE_MS + PAUSE_MS) {
    try {
      begin();
      return;
    } catch (error) {
      if (((sqliteCode(error) ?? 0) & 0xff) !== SQLITE_BUSY || waitedMs >= PATIENCE_MS) throw error;
    }
    await pause(PAUSE_MS);
  }
}

function undo(writer: DatabaseSync): void {
  try {
    if (writer.isTransaction) writer.exec("ROLLBACK");
  } catch {
    // The error that led here is the one to tell; SQLite undoes an unfinished transaction on closing, too.
  }
}
