import type { WatchedWork } from "./watch-control.ts";

/** How far a step of a lot is. */
export interface WorkStep {
  readonly room: string;
  readonly done: number;
  readonly total: number;
}

/** What is known of how fast a run gets on. */
export interface ProgressKeeper {
  note(step: WorkStep): void;
  readonly progress: WatchedWork["progress"];
  readonly rates: WatchedWork["rates"];
}

/** The rate is that of the last so many milliseconds. */
const WINDOW_MS = 15_000;
/** Closer together than this, two steps are one. */
const STEP_MS = 200;
const FIRST_SAMPLE_MS = 1_000;
const MOST_RATES = 120;
/** Rooms whose devices count against the takt; other rooms read or write what costs no time. */
const PRODUCING: ReadonlySet<string> = new Set(["minting", "submitting"]);

interface Mark {
  readonly atMs: number;
  readonly done: number;
}

/**
 * Keeps the progress of one run. `monotonic` is a clock that does not jump, `now` the wall clock, both in milliseconds.
 * The samples of the rate are taken once a second, and half as often each time that there are too many.
 */
export function keepProgress(monotonic: () => number, now: () => number): ProgressKeeper {
  let step: WorkStep | undefined;
  let marks: Mark[] = [];
  let rates: { readonly atMs: number; readonly perSecond: number }[] = [];
  let everyMs = FIRST_SAMPLE_MS;
  let sampledMs = Number.NEGATIVE_INFINITY;

  /** From the oldest mark of the window to the newest; to this moment once the newest is older than the window. */
  function rate(atMs: number): number | null {
    const [first] = marks;
    const last = marks.at(-1);
    if (first === undefined || last === undefined || first === last) return null;
    const untilMs = atMs - last.atMs > WINDOW_MS ? atMs : last.atMs;
    return ((last.done - first.done) * 1000) / (untilMs - first.atMs);
  }

  function sample(atMs: number): void {
    if (step === undefined || !PRODUCING.has(step.room) || atMs - sampledMs < everyMs) return;
    const perSecond = rate(atMs);
    if (perSecond === null) return;
    sampledMs = atMs;
    rates.push({ atMs: now(), perSecond: rounded(perSecond) });
    if (rates.length <= MOST_RATES) return;
    rates = rates.filter((_, index) => index % 2 === 0);
    everyMs *= 2;
  }

  return {
    note: (next) => {
      const atMs = monotonic();
      // Another room, or the same one begun anew, counts from there.
      if (next.room !== step?.room || next.done < step.done) marks = [];
      step = next;
      const last = marks.at(-1);
      if (last !== undefined && marks.length > 1 && atMs - last.atMs < STEP_MS) marks.pop();
      marks.push({ atMs, done: next.done });
      while (marks.length > 2 && atMs - (marks[1]?.atMs ?? atMs) >= WINDOW_MS) marks.shift();
      sample(atMs);
    },
    get progress() {
      if (step === undefined) return null;
      const { room, done, total } = step;
      const perSecond = rate(monotonic());
      const left = Math.max(0, total - done);
      const secondsLeft = left === 0 ? 0 : perSecond === null || perSecond <= 0 ? null : Math.ceil(left / perSecond);
      return { room, done, total, ratePerSecond: perSecond === null ? null : rounded(perSecond), secondsLeft };
    },
    get rates() {
      return rates;
    },
  };
}

function rounded(perSecond: number): number {
  return Number(perSecond.toPrecision(4));
}
