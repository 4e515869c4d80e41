import type { LaneDigest } from "./hash-lanes.ts";
import { repeatHash } from "./repeat-hash.ts";

/** A digest that is to be hashed again and again. */
export interface HashWork {
  readonly digest: LaneDigest;
  readonly octets: Buffer;
  readonly times: number;
}

/** Work that stops wherever a digest is to be hashed over and over, so that those of several files are done together. */
export type Steps<Result> = Generator<HashWork, Result, Buffer>;

/** Does one piece of work to its end. */
export function runAlone<Result>(steps: Steps<Result>): Result {
  const [result] = runSideBySide([steps]);
  return result as Result;
}

/**
 * Does all of them and returns their results in their order. What one throws is thrown, and the others are ended there,
 * so that they clear what they hold.
 */
export function runSideBySide<Result>(all: readonly Steps<Result>[]): Result[] {
  const results: Result[] = [];
  let waiting: Waiting<Result>[] = [];
  try {
    for (const [index, steps] of all.entries()) goOn(steps.next(), { steps, index }, results, waiting);
    while (waiting.length > 0) {
      // Those of one hash function and as many rounds go together; what they wait for next comes in the next round.
      const [{ work: first }] = waiting as [Waiting<Result>];
      const together = waiting.filter(({ work }) => work.digest === first.digest && work.times === first.times);
      const rest = waiting.filter((each) => !together.includes(each));
      const hashed = repeatHash(
        first.digest,
        together.map(({ work }) => work.octets),
        first.times,
      );
      for (const [at, { steps, index }] of together.entries()) {
        goOn(steps.next(hashed[at] ?? first.octets), { steps, index }, results, rest);
      }
      waiting = rest;
    }
  } finally {
    for (const steps of all) steps.return(undefined as never);
  }
  return results;
}

interface Waiting<Result> {
  readonly steps: Steps<Result>;
  readonly index: number;
  readonly work: HashWork;
}

function goOn<Result>(
  next: IteratorResult<HashWork, Result>,
  { steps, index }: Omit<Waiting<Result>, "work">,
  results: Result[],
  waiting: Waiting<Result>[],
): void {
  if (next.done === true) results[index] = next.value;
  else waiting.push({ steps, index, work: next.value });
}
