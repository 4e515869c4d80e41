/** So many questions at once at most, whatever the platform bears. */
export const MOST_AT_ONCE = 64;
const LEAST_AT_ONCE = 1;
const FIRST_AT_ONCE = 4;

/** Answers that are judged together at least: a quarter of fewer would be one outlier. */
const LEAST_JUDGED = 8;
/** A window is slow when its lower quartile is above `SLOW` times the least one seen, and `SLACK_MS` more. */
const SLOW = 1.5;
const SLACK_MS = 10;

/** What is left of the pace after a refusal for overload, and after a slow window. */
const AFTER_REFUSAL = 0.5;
const AFTER_SLOWNESS = 0.8;
/** Growth a window; near the pace that was too much last time it is slower. */
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
  /** It was answered, whatever the answer said, in so many milliseconds. */
  answered(question: Begun, tookMs: number): void;
  /** It was not: too many requests, a time-out, a server's error. */
  overloaded(question: Begun): void;
  /** The same for something that was not begun here, such as an upload. */
  overloadedBeside(): void;
}

/**
 * Additive growth, multiplicative decrease. As many answers as may be under way make a window. A window during which
 * all places were taken, and which was not slow, adds one; near the number at which the platform was last overloaded,
 * a tenth. Slow is told by the lower quartile against the least one seen: one late answer changes nothing, and neither
 * do a few that this process was late to read. Of several signs of one overload the first counts: answers to questions
 * from before a decrease are not judged. At one question at a time the platform is as fast as it is: what it takes
 * then is the new measure.
 */
export function makePace(): Pace {
  let limit = FIRST_AT_ONCE;
  /** At or above this the platform was overloaded. */
  let ceiling = MOST_AT_ONCE + 1;
  let leastMs = Number.POSITIVE_INFINITY;
  let begun = 0;
  /** The first question under the present pace. */
  let first = 0;
  let window: number[] = [];
  let wasFull = false;

  const atOnce = () => Math.floor(limit);
  const restart = () => {
    window = [];
    wasFull = false;
  };
  const shrink = (share: number) => {
    ceiling = Math.max(atOnce(), LEAST_AT_ONCE + 1);
    limit = Math.max(LEAST_AT_ONCE, limit * share);
    first = begun;
    restart();
  };
  const grow = () => {
    limit = Math.min(MOST_AT_ONCE, limit + (limit + STEP > ceiling ? CAREFUL_STEP : STEP));
    if (atOnce() > ceiling) ceiling = MOST_AT_ONCE + 1;
  };
  const judge = () => {
    const quartile = lowerQuartile(window);
    leastMs = atOnce() === LEAST_AT_ONCE ? quartile : Math.min(leastMs, quartile);
    if (quartile > leastMs * SLOW + SLACK_MS) return shrink(AFTER_SLOWNESS);
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
    answered: ({ number }, tookMs) => {
      if (number < first) return;
      window.push(tookMs);
      if (window.length >= Math.max(atOnce(), LEAST_JUDGED)) judge();
    },
    overloaded: ({ number }) => {
      if (number >= first) shrink(AFTER_REFUSAL);
    },
    overloadedBeside: () => {
      // Questions that were begun since the last decrease have not shown yet what it brought.
      if (begun > first) shrink(AFTER_REFUSAL);
    },
  };
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 4)] ?? 0;
}
