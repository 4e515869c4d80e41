import { dirname, join, resolve } from "node:path";
import type { Ledger, LedgerFile } from "../ledger.ts";
import { appendEvents } from "../rules/append-events.ts";
import type { ChainedEvent, Engine } from "../rules/engine.ts";
import type { StoredEvent } from "../rules/event-digest.ts";
import { ledgerRules } from "../rules/ledger-rules.ts";
import { requireLink } from "../rules/verify-events.ts";
import { ledgerError } from "./ledger-error.ts";
import { type Connections, copyLedger, openLedgerFile, openLedgerFileToRead } from "./ledger-file.ts";
import { openLotLocks } from "./lot-locks.ts";
import { openStaging } from "./staging.ts";
import { prepare } from "./statement.ts";
import { sqliteStatements } from "./statements.ts";
import { queueTransactions } from "./transactions.ts";

/**
 * Opens the ledger at `path`, making it where there is none. Several tasks may use it at once: their
 * transactions queue, their reads do not wait. Errors: `state-damaged` for a file that is no ledger, is
 * damaged or was made by a newer lotmint; `disk-unwritable`; `usage` for a network share.
 */
export async function openLedger(path: string, options: { readonly now: () => number }): Promise<LedgerFile> {
  return open(resolve(path), openLedgerFile, options.now);
}

/**
 * Opens the ledger to look into it: where there is none it is empty, and none is made; where nothing may be
 * written, such as on a read-only disk, it is read as it is. Errors as `openLedger`'s.
 */
export async function openLedgerToRead(path: string, options: { readonly now: () => number }): Promise<Ledger> {
  return open(resolve(path), openLedgerFileToRead, options.now);
}

function open(file: string, openFile: (path: string) => Connections, now: () => number): LedgerFile {
  const connections = guard(file, () => openFile(file));
  try {
    return guard(file, () => wire(connections, file, now));
  } catch (error) {
    closeBoth(connections);
    throw error;
  }
}

function wire(connections: Connections, path: string, now: () => number): LedgerFile {
  const { writer, reader } = connections;
  requireNewestLinks(connections);
  const queue = queueTransactions(writer, path);
  const inside = sqliteStatements(writer, now);
  const outside = sqliteStatements(reader, now);
  const lotLocks = openLotLocks(join(dirname(path), "locks"));
  const engine: Engine = {
    write: (act) =>
      queue.write(async () => {
        const events: ChainedEvent[] = [];
        const result = await act(inside, (event) => {
          events.push(event);
        });
        await appendEvents(inside, now(), events);
        return result;
      }),
    read: async (act) => {
      try {
        return await act(outside);
      } catch (error) {
        throw ledgerError(error, path);
      }
    },
    lotLocks,
    openStaging,
  };
  return {
    ...ledgerRules(engine),
    copyTo: async (copy) => guard(path, () => copyLedger(reader, copy)),
    close: async () => {
      try {
        await queue.idle();
        closeBoth(connections);
      } finally {
        lotLocks.releaseAll();
      }
    },
  };
}

/** The newest event of each chain has to fit: what was altered last shows on opening. */
function requireNewestLinks({ reader }: Connections): void {
  const newest = prepare<StoredEvent>(
    reader,
    `SELECT events.chain, events.seq, at_ms AS atMs, kind, subject, detail, prev, events.digest
     FROM chains JOIN events ON events.chain = chains.chain AND events.seq = chains.seq`,
  );
  for (const event of newest.all()) requireLink(event, event.seq, event.prev);
}

function guard<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw ledgerError(error, path);
  }
}

function closeBoth({ writer, reader }: Connections): void {
  // The writer last: the last connection to close writes the log back, and a reader may not.
  if (reader.isOpen) reader.close();
  if (writer.isOpen) writer.close();
}
