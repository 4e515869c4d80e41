/** Tells listeners that something has changed, many changes at once. */
export interface ChangeFeed {
  /** Something of this lot has changed; null: of a file whose lot is not known. */
  note(lot: string | null): void;
  subscribe(listener: (lots: ReadonlySet<string>) => void): () => void;
}

/** At most four times a second. */
const EVERY_MS = 250;

/**
 * Gathers changes for a quarter of a second, and then tells each listener once. A listener that throws keeps no other
 * one from being told; `onError` gets its error.
 */
export function makeChangeFeed(onError: (error: unknown) => void): ChangeFeed {
  const listeners = new Set<(lots: ReadonlySet<string>) => void>();
  let changed = new Set<string>();
  let due = false;

  function tellAll(): void {
    due = false;
    const lots = changed;
    changed = new Set();
    for (const listener of [...listeners]) {
      try {
        listener(lots);
      } catch (error) {
        onError(error);
      }
    }
  }

  return {
    note: (lot) => {
      if (listeners.size === 0) return;
      if (lot !== null) changed.add(lot);
      if (due) return;
      due = true;
      setTimeout(tellAll, EVERY_MS).unref();
    },
    subscribe: (listener) => {
      const mine = (lots: ReadonlySet<string>) => listener(lots);
      listeners.add(mine);
      return () => {
        listeners.delete(mine);
      };
    },
  };
}
