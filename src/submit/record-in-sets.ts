import type { CollisionAnswer } from "../ledger/submission.ts";

/** Answers that are recorded together: what a kill makes us ask again. */
const ANSWERS_PER_RECORD = 250;

export interface AnswerSets {
  /** Takes an answer; the one that fills a set waits until it is recorded, others do not. */
  add(answer: CollisionAnswer): Promise<void>;
  /** Records what is left. */
  flush(): Promise<void>;
}

/** Gathers answers into sets, each recorded in one commit, one after the other. */
export function recordInSets(record: (set: readonly CollisionAnswer[]) => Promise<void>): AnswerSets {
  let set: CollisionAnswer[] = [];
  let recorded: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    const full = set;
    set = [];
    // After an error nothing more is recorded: it is thrown at every later call, too.
    if (full.length > 0) recorded = recorded.then(() => record(full));
    return recorded;
  };
  return {
    add: async (answer) => {
      set.push(answer);
      if (set.length >= ANSWERS_PER_RECORD) await flush();
    },
    flush,
  };
}
