/** So many questions at once at most, whatever the platform bears. */
export const MOST_AT_ONCE = 64;
const LEAST_AT_ONCE = 1;
const FIRST_AT_ONCE = 4;

/** Answers that are judged together at least: a quarter of fewer would be one outlier. */
const LEAST_JUDGED = 8;
/**
 * A window is slow when the lower quartile of what its answers took at least is above `SLOW` times the least quartile
 * seen of what answers took at most, and `SLACK_MS` more.
 */
const SLOW = 1.5;
const SLACK_MS = 10;

/** What is left of the pace after a refusal for overload, and after a slow window. */
const AFTER_REFUSAL = 0.5;
const AFTER_SLOWNESS = 0.8;
/** Growth a window once a limit has been met: until then the pace is doubled. Near the limit it is slower. */
const STEP = 1;
const CAREFUL_STEP = 0.1;

/** A question that was begun under some pace. */
export interface Begun {
  readonly number: number;
}

/** How many questions may be under way at once, learned from their answers. Knows no clock. */
export interface Pace {
  /** Whole, from 1 to `MOST_AT_ONCE`. */
  readonly atOnce: number;
  /** A question begins; `underWay` counts it. */
  begin(underWay: number): Begun;
  /**
   * It was answered, whatever the answer said, and its answer read after so many milliseconds; `heldUpMs` of them at
   * most it may have lain unread.
   */
  answered(question: Begun, tookMs: number, heldUpMs?: number): void;
  /** It was not: too many requests, a time-out, a server's error. */
  overloaded(question: Begun): void;
  /** The same for something that was not begun here, such as an upload. */
  overloadedBeside(): void;
}

/**
 * A slow start, then additive growth and multiplicative decrease, as TCP has it (RFC 5681, 3.1). As many answers as may
 * be under way make a window. A window during which all places were taken, and which was not slow, doubles the number
 * until the platform was first overloaded or slow; from then on it adds one, and near the number at which the platform
 * was last overloaded a tenth. Slow is told by the lower quartile against the least one seen: one late answer changes
 * nothing. An answer that this process was late to read is not slow for that, and is no measure for others. Of several
 * signs of one overload the first counts: answers to questions from before a decrease are not judged. At one question
 * at a time the platform is as fast as it is: what it takes then is the new measure.
 */
export function makePace(): Pace {
  let limit = FIRST_AT_ONCE;
  /** At or above this the platform was overloaded. */
  let ceiling = MOST_AT_ONCE + 1;
  /** Until the first sign of a limit. */
  let starting = true;
  let leastMs = Number.POSITIVE_INFINITY;
  let begun = 0;
  /** The first question since the last decrease. */
  let first = 0;
  /** The first one since the number was last doubled: those before it do not tell what the platform makes of twice as many. */
  let firstJudged = 0;
  /** What the answers of a window took, at least and at most. */
  let atLeastMs: number[] = [];
  let atMostMs: number[] = [];
  let wasFull = false;

  const atOnce = () => Math.floor(limit);
  const restart = () => {
    atLeastMs = [];
    atMostMs = [];
    wasFull = false;
  };
  const shrink = (share: number) => {
    limit = Math.max(LEAST_AT_ONCE, limit * share);
    starting = false;
    first = begun;
    restart();
  };
  const overload = () => {
    ceiling = Math.max(atOnce(), LEAST_AT_ONCE + 1);
    shrink(AFTER_REFUSAL);
  };
  const grow = () => {
    if (starting) {
      limit = Math.min(MOST_AT_ONCE, limit * 2);
      firstJudged = begun;
      return;
    }
    limit = Math.min(MOST_AT_ONCE, limit + (limit + STEP > ceiling ? CAREFUL_STEP : STEP));
    if (atOnce() > ceiling) ceiling = MOST_AT_ONCE + 1;
  };
  const judge = () => {
    const measure = lowerQuartile(atMostMs);
    leastMs = atOnce() === LEAST_AT_ONCE ? measure : Math.min(leastMs, measure);
    if (lowerQuartile(atLeastMs) > leastMs * SLOW + SLACK_MS) return shrink(AFTER_SLOWNESS);
    if (wasFull) grow();
    restart();
  };
  return {
    get atOnce() {
      return atOnce();
    },
    begin: (underWay) => {
      if (underWay >= atOnce()) wasFull = true;
      return { number: begun++ };
    },
    answered: ({ number }, tookMs, heldUpMs = 0) => {
      if (number < first || number < firstJudged) return;
      atLeastMs.push(Math.max(0, tookMs - heldUpMs));
      atMostMs.push(tookMs);
      if (atMostMs.length >= Math.max(atOnce(), LEAST_JUDGED)) judge();
    },
    overloaded: ({ number }) => {
      if (number >= first) overload();
    },
    overloadedBeside: () => {
      starting = false;
      // Questions that were begun since the last decrease have not shown yet what it brought.
      if (begun > first) overload();
    },
  };
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 4)] ?? 0;
}
