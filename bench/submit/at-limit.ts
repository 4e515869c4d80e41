import type { SandboxState } from "../../src/sandbox/sandbox-state.ts";

/** What a platform with a capacity saw of the questions for external ids. */
export interface AtLimit {
  /** From the first question to the last one, in seconds. */
  readonly seconds: number;
  readonly questions: number;
  /** Questions that came later than two answers' time after the first 429, and those of them that got another. */
  readonly later: number;
  readonly refusedLater: number;
  /** Most at once among the later ones. */
  readonly mostLater: number;
}

const QUESTIONS = "/identity/";

/** Reads it from the sandbox's log; without any 429 all questions are later ones. */
export function readAtLimit({ requests }: Pick<SandboxState, "requests">, serviceMs: number): AtLimit {
  const questions = requests.filter(({ path }) => path.startsWith(QUESTIONS));
  const times = questions.map(({ atMs }) => atMs);
  const limitMs = questions.find(({ status }) => status === 429)?.atMs ?? Number.NEGATIVE_INFINITY;
  const later = questions.filter(({ atMs }) => atMs > limitMs + 2 * serviceMs);
  return {
    seconds: (Math.max(...times) - Math.min(...times)) / 1000,
    questions: questions.length,
    later: later.length,
    refusedLater: later.filter(({ status }) => status === 429).length,
    mostLater: Math.max(0, ...later.map(({ inFlight = 0 }) => inFlight)),
  };
}
