import { type FoundDrop, type Glimpse, isSame } from "./find-drops.ts";

/** A file that has stood still, or is marked as ready. */
export interface Arrival extends FoundDrop {
  /** Grows with the order of arrival. */
  readonly order: number;
  /** True when the very first look had found it. */
  readonly early: boolean;
}

/** Which files of a folder stand still, and since when. */
export interface StableFiles {
  /**
   * Takes in what a look has found, everything of the folder, and gives the files that have stood still long
   * enough, in order of arrival: that of the looks that found them first, and of several found by one look
   * the file's own last change. `atMs` is of a clock that does not jump.
   */
  look(found: readonly FoundDrop[], atMs: number): readonly Arrival[];
  /** Files of the first look that are not stable yet, except those that have changed for too long. */
  readonly unsettled: number;
}

interface Watched {
  glimpse: Glimpse;
  sinceMs: number;
  readonly firstMs: number;
  readonly order: number;
  stands: boolean;
}

export function watchStableFiles(settleMs: number): StableFiles {
  const watched = new Map<string, Watched>();
  let order = 0;
  let firstLookMs: number | undefined;

  function note({ path, glimpse }: FoundDrop, atMs: number): Watched {
    const before = watched.get(path);
    if (before === undefined) {
      order += 1;
      const fresh = { glimpse, sinceMs: atMs, firstMs: atMs, order, stands: false };
      watched.set(path, fresh);
      return fresh;
    }
    if (!isSame(before.glimpse, glimpse)) {
      before.glimpse = glimpse;
      before.sinceMs = atMs;
    }
    return before;
  }

  return {
    look: (found, atMs) => {
      firstLookMs ??= atMs;
      const paths = new Set(found.map(({ path }) => path));
      for (const path of watched.keys()) if (!paths.has(path)) watched.delete(path);
      const byChange = [...found].sort((a, b) => a.glimpse.ctimeMs - b.glimpse.ctimeMs || (a.name < b.name ? -1 : 1));
      const seen = byChange.map((drop) => ({ drop, state: note(drop, atMs) }));
      for (const { drop, state } of seen) state.stands = drop.ready || atMs - state.sinceMs >= settleMs;
      return seen
        .filter(({ state }) => state.stands)
        .map(({ drop, state }) => ({ ...drop, order: state.order, early: state.firstMs === firstLookMs }))
        .sort((a, b) => a.order - b.order);
    },
    get unsettled() {
      return [...watched.values()].filter(
        // Who was just finishing at the first look is waited for; who writes on and on is for the next time.
        ({ firstMs, sinceMs, stands }) => firstMs === firstLookMs && !stands && sinceMs - firstMs < settleMs,
      ).length;
    },
  };
}
