import { foldLotName } from "../domain/lot.ts";

/** The lots that this watcher leaves alone, as it knows them; the ledger has them for good. */
export interface LotStops {
  has(lot: string): boolean;
  add(lot: string): void;
  remove(lot: string): void;
  /** Reads them anew. What was added or removed meanwhile is newer than what was read, which then is not taken. */
  refresh(read: () => Promise<readonly string[]>): Promise<void>;
}

/** Names that differ only by case or Unicode form are one lot's. */
export function keepLotStops(): LotStops {
  let folded: ReadonlySet<string> = new Set();
  let changes = 0;
  const change = (next: ReadonlySet<string>) => {
    folded = next;
    changes += 1;
  };
  return {
    has: (lot) => folded.has(foldLotName(lot)),
    add: (lot) => change(new Set([...folded, foldLotName(lot)])),
    remove: (lot) => change(new Set([...folded].filter((name) => name !== foldLotName(lot)))),
    refresh: async (read) => {
      const before = changes;
      const names = await read();
      if (changes === before) folded = new Set(names.map(foldLotName));
    },
  };
}
