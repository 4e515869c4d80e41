import type { WatchControl } from "../../watch/watch-control.ts";
import type { RateSample } from "../model.ts";

const MOST_LOTS = 200;

/** The rates of runs, also for a while after they have ended. */
export interface RateMemory {
  /** Keeps what the watcher has now. */
  note(): void;
  of(lot: string): readonly RateSample[];
}

export function rememberRates(control: Pick<WatchControl, "works">): RateMemory {
  const kept = new Map<string, readonly RateSample[]>();
  const note = () => {
    for (const { lot, rates } of control.works()) {
      if (lot === null || rates.length === 0) continue;
      kept.delete(lot);
      kept.set(lot, rates);
    }
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_LOTS) break;
      kept.delete(oldest);
    }
  };
  return {
    note,
    of: (lot) => {
      note();
      return kept.get(lot) ?? [];
    },
  };
}
