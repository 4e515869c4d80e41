import { NOT_ASKED } from "../platform/governor.ts";
import { inLanes } from "../platform/in-lanes.ts";
import { MOST_AT_ONCE } from "../platform/pace.ts";
import type { Reply, Unanswered } from "../platform/platform.ts";

/**
 * Asks the platform about each row, as many at a time as its governor allows. Stops asking at the first question that is
 * left without an answer, which is then returned. An error that `ask` throws stops it too, and is thrown once
 * nothing is under way any more.
 */
export async function askEach<Row>(
  rows: AsyncIterable<Row> | Iterable<Row>,
  halted: AbortSignal,
  ask: (row: Row, signal: AbortSignal) => Promise<Reply<unknown>>,
): Promise<Unanswered | undefined> {
  const stop = new AbortController();
  const signal = AbortSignal.any([halted, stop.signal]);
  let silent: Unanswered | undefined;
  await inLanes(rows, MOST_AT_ONCE, async (row) => {
    if (signal.aborted) {
      silent ??= NOT_ASKED;
      return "stop";
    }
    try {
      const reply = await ask(row, signal);
      if (reply.kind === "answer") return undefined;
      silent ??= reply;
    } catch (error) {
      stop.abort();
      throw error;
    }
    stop.abort();
    return "stop";
  });
  return silent;
}
