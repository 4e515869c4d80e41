import type { PlatformReply } from "../platform/platform.ts";
import type { LotOutcome } from "../watch/lot-outcome.ts";

/** How a file, or the sending again of a lot, ended. */
export interface Ended {
  /** The file's name; null: a lot was sent again. */
  readonly name: string | null;
  readonly outcome: LotOutcome;
  readonly atMs: number;
}

/** What has been seen of the watcher since it was started; it lives in memory alone. */
export interface WatchRecord {
  /** The watcher looks still; it does so every minute at least. */
  beat(): void;
  /** When it did last, by the clock that does not jump. */
  readonly lastBeatMs: number;
  ended(end: { readonly name: string | null; readonly outcome: LotOutcome }): void;
  /** How this lot ended last; undefined: not since the start. */
  lastEnd(lot: string): Ended | undefined;
  /** Files that were refused and never became a lot, the newest first. */
  refused(): readonly Ended[];
  /** Hears of each end, for counting. */
  onEnd(listener: (ended: Ended) => void): void;
  /** The platform has answered, or has not. */
  replied(reply: PlatformReply): void;
  onReply(listener: (reply: PlatformReply) => void): void;
}

const MOST_LOTS = 10_000;
const MOST_REFUSED = 50;

export function keepWatchRecord({
  now,
  monotonic,
}: {
  readonly now: () => number;
  readonly monotonic: () => number;
}): WatchRecord {
  const ends = new Map<string, Ended>();
  const endListeners: ((ended: Ended) => void)[] = [];
  const replyListeners: ((reply: PlatformReply) => void)[] = [];
  let refused: readonly Ended[] = [];
  let lastBeatMs = monotonic();
  return {
    beat: () => {
      lastBeatMs = monotonic();
    },
    get lastBeatMs() {
      return lastBeatMs;
    },
    ended: (end) => {
      const ended: Ended = { ...end, atMs: now() };
      const { lot } = end.outcome.report;
      if (end.outcome.places === undefined && end.name !== null && end.outcome.exitCode !== 0) {
        refused = [ended, ...refused.filter(({ name }) => name !== end.name)].slice(0, MOST_REFUSED);
      } else if (end.name !== null) {
        refused = refused.filter(({ name }) => name !== end.name);
      }
      ends.delete(lot);
      ends.set(lot, ended);
      for (const oldest of ends.keys()) {
        if (ends.size <= MOST_LOTS) break;
        ends.delete(oldest);
      }
      for (const listener of endListeners) listener(ended);
    },
    lastEnd: (lot) => ends.get(lot),
    refused: () => refused,
    onEnd: (listener) => {
      endListeners.push(listener);
    },
    replied: (reply) => {
      for (const listener of replyListeners) listener(reply);
    },
    onReply: (listener) => {
      replyListeners.push(listener);
    },
  };
}
