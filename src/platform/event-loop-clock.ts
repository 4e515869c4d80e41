import { setTimeout as pause } from "node:timers/promises";

/** Time as questions to a platform need it; a test can have its own. */
export interface EventLoopClock {
  /** Milliseconds, never set back. */
  readonly now: () => number;
  /** Acts once after so many milliseconds; the function that it gives prevents that. */
  readonly after: (ms: number, act: () => void) => () => void;
  /**
   * For how many milliseconds at most an answer that is read now may have lain unread, since this thread had other work.
   * To be called whenever a question is begun or answered: then it goes back no further than the moment when this
   * thread last looked for answers.
   */
  readonly heldUpMs: () => number;
}

/** The clock of this thread's event loop. */
export function makeEventLoopClock(): EventLoopClock {
  let lookedMs = performance.now();
  let idleMs = performance.nodeTiming.idleTime;
  let marked = false;
  const look = () => {
    marked = false;
    lookedMs = performance.now();
    idleMs = performance.nodeTiming.idleTime;
  };
  return {
    now: () => performance.now(),
    after: (ms, act) => {
      const stop = new AbortController();
      pause(Math.ceil(ms), undefined, { signal: stop.signal }).then(act, () => undefined);
      return () => stop.abort();
    },
    heldUpMs: () => {
      // Immediates come right after all that could be read has been: what comes later was not there yet.
      if (!marked) setImmediate(look);
      marked = true;
      return Math.max(0, performance.now() - lookedMs - (performance.nodeTiming.idleTime - idleMs));
    },
  };
}
