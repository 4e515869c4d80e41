import type { Ledger } from "../../ledger/ledger.ts";

/** A ledger that is open while anybody uses it, once for all of them. */
export interface SharedLedger {
  use<T>(act: (ledger: Ledger) => Promise<T>): Promise<T>;
}

/**
 * Opens the ledger with the first user and closes it after the last, so that a watcher that has nothing to do
 * does not stand in the way of a restore, and the next lot finds whatever ledger is there then.
 */
export function shareLedger(open: () => Promise<Ledger>): SharedLedger {
  let shared: { readonly ledger: Promise<Ledger>; users: number } | undefined;
  return {
    use: async (act) => {
      shared ??= { ledger: open(), users: 0 };
      const mine = shared;
      mine.users += 1;
      try {
        return await act(await mine.ledger);
      } finally {
        mine.users -= 1;
        if (mine.users === 0) {
          if (shared === mine) shared = undefined;
          await mine.ledger.then((ledger) => ledger.close()).catch(() => undefined);
        }
      }
    },
  };
}
