import { foldLotName } from "../domain/lot.ts";

/** A file whose lot is to be run, as the queue sees it. */
export interface QueuedWork {
  readonly key: string;
  readonly lot: string;
  /** Grows with the order of arrival. */
  readonly order: number;
}

/** In which order and when files are tried. Times are of a clock that does not jump, in milliseconds. */
export interface WorkQueue {
  add(work: QueuedWork): void;
  /**
   * The next one to try, which then is under way; undefined when none may be tried now. What has never been tried
   * goes first, in order of arrival, then what waits and is due. Two files of one lot never overtake each
   * other. While the platform is away one that waits for it is tried now and then, and the others wait with it.
   */
  take(nowMs: number): string | undefined;
  /** Puts one that was tried back, to be tried again after a pause; which grows each time. `forPlatform`: it waits for that. */
  waits(key: string, nowMs: number, forPlatform: boolean): void;
  /** Takes one out for good, with what that says about the platform. */
  leaves(key: string, platformAnswered: boolean): void;
  /** Puts one that was tried back as if it had not been: its lot was stopped, and goes first when it is resumed. */
  rests(key: string, nowMs: number): void;
  /** The lot goes on: what has waited is tried at once. */
  resume(lot: string): void;
  /** Those that have never been tried, are not under way and whose lot is not stopped. */
  readonly fresh: number;
  readonly size: number;
}

export interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

interface Entry {
  readonly work: QueuedWork;
  state: "fresh" | "active" | "waiting" | "platform";
  pauses: number;
  dueMs: number;
  /** When it was last tried, counted in tries. */
  turn: number;
}

const UNTRIED = { state: "fresh", pauses: 0, dueMs: 0 } as const;

/** Of a stopped lot nothing is taken. */
export function makeWorkQueue(
  lotsAtOnce: number,
  pauses: Pauses,
  isStopped: (lot: string) => boolean = () => false,
): WorkQueue {
  const entries = new Map<string, Entry>();
  /** Present while the platform is away. */
  let outage: { pauses: number; probeMs: number } | undefined;
  let turn = 0;

  const pauseAfter = (count: number) => Math.min(pauses.firstMs * 2 ** Math.min(count - 1, 30), pauses.longestMs);
  const all = () => [...entries.values()].sort((a, b) => a.work.order - b.work.order);

  /** One lot, one file at a time, the earlier one first. */
  function mayGo(entry: Entry, sorted: readonly Entry[]): boolean {
    return sorted.find(({ work }) => foldLotName(work.lot) === foldLotName(entry.work.lot)) === entry;
  }

  function choose(nowMs: number): Entry | undefined {
    const sorted = all();
    if (sorted.filter(({ state }) => state === "active").length >= lotsAtOnce) return undefined;
    const idle = sorted.filter(
      (entry) => entry.state !== "active" && mayGo(entry, sorted) && !isStopped(entry.work.lot),
    );
    const fresh = idle.find(({ state }) => state === "fresh");
    if (fresh !== undefined) return fresh;
    const due = idle.filter(({ state, dueMs }) => state === "waiting" && dueMs <= nowMs);
    if (due.length > 0) return due.reduce((first, other) => (other.dueMs < first.dueMs ? other : first));
    const away = idle.filter(({ state }) => state === "platform");
    if (away.length === 0 || (outage !== undefined && nowMs < outage.probeMs)) return undefined;
    // Each in its turn: the one that is tried may be one that the platform alone will not have.
    return away.reduce((first, other) => (other.turn < first.turn ? other : first));
  }

  return {
    add: (work) => {
      entries.set(work.key, { work, ...UNTRIED, turn: 0 });
    },
    take: (nowMs) => {
      const entry = choose(nowMs);
      if (entry === undefined) return undefined;
      turn += 1;
      entry.turn = turn;
      // No second probe while this one is under way.
      if (entry.state === "platform" && outage !== undefined) outage.probeMs = Number.POSITIVE_INFINITY;
      entry.state = "active";
      return entry.work.key;
    },
    waits: (key, nowMs, forPlatform) => {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entry.state = forPlatform ? "platform" : "waiting";
      if (forPlatform) {
        const count = (outage?.pauses ?? 0) + 1;
        outage = { pauses: count, probeMs: nowMs + pauseAfter(count) };
        return;
      }
      entry.pauses += 1;
      entry.dueMs = nowMs + pauseAfter(entry.pauses);
      // It may have been the probe.
      if (outage?.probeMs === Number.POSITIVE_INFINITY) outage.probeMs = nowMs + pauseAfter(outage.pauses);
    },
    rests: (key, nowMs) => {
      const entry = entries.get(key);
      if (entry === undefined) return;
      Object.assign(entry, UNTRIED);
      if (outage?.probeMs === Number.POSITIVE_INFINITY) outage.probeMs = nowMs;
    },
    resume: (lot) => {
      const folded = foldLotName(lot);
      for (const entry of entries.values()) {
        if (entry.state !== "active" && foldLotName(entry.work.lot) === folded) Object.assign(entry, UNTRIED);
      }
    },
    leaves: (key, platformAnswered) => {
      entries.delete(key);
      if (outage === undefined) return;
      if (platformAnswered) outage = undefined;
      else if (outage.probeMs === Number.POSITIVE_INFINITY) outage.probeMs = 0;
    },
    get fresh() {
      return [...entries.values()].filter(({ state, work }) => state === "fresh" && !isStopped(work.lot)).length;
    },
    get size() {
      return entries.size;
    },
  };
}
