import { statSync } from "node:fs";
import type { Home } from "../../disk/layout.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { openHomeLedgerToRead } from "../open-home-ledger.ts";
import type { SharedLedger } from "./share-ledger.ts";

/** A page asks several times in a row; after so long without a question the ledger is closed. */
const KEPT_MS = 1_000;

/**
 * The ledger to look into it, for what is asked now and then beside the watcher: it stays open for a moment after the
 * last question, and is opened anew where another file has taken its place, as after a restore.
 */
export function readLedgerBeside(home: Home, now: () => number): SharedLedger & { close(): Promise<void> } {
  let shared:
    | { readonly ledger: Promise<Ledger>; readonly mark: string; users: number; idle?: NodeJS.Timeout }
    | undefined;

  async function closeShared(mine: NonNullable<typeof shared>): Promise<void> {
    clearTimeout(mine.idle);
    if (shared === mine) shared = undefined;
    await mine.ledger.then((ledger) => ledger.close()).catch(() => undefined);
  }

  return {
    use: async (act) => {
      const mark = markOf(home.ledger);
      if (shared !== undefined && shared.mark !== mark) {
        const old = shared;
        shared = undefined;
        if (old.users === 0) await closeShared(old);
      }
      shared ??= { ledger: openHomeLedgerToRead(home, now), mark, users: 0 };
      const mine = shared;
      clearTimeout(mine.idle);
      mine.users += 1;
      try {
        return await act(await mine.ledger);
      } catch (error) {
        // It may be the opening that failed: the next one tries again.
        if (shared === mine) shared = undefined;
        throw error;
      } finally {
        mine.users -= 1;
        if (mine.users === 0) {
          if (shared === mine) mine.idle = setTimeout(() => void closeShared(mine), KEPT_MS);
          else await closeShared(mine);
        }
      }
    },
    close: async () => {
      if (shared !== undefined && shared.users === 0) await closeShared(shared);
    },
  };
}

function markOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? "" : `${stats.dev}:${stats.ino}`;
}
