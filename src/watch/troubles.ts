import type { Logger } from "pino";
import { OnboardingError } from "../domain/error.ts";

/** Things that are wrong for a while, each told when it begins, when its words change, and when it is over. */
export interface Troubles {
  /** Returns for how long it has lasted, in milliseconds; `atMs` is of a clock that does not jump. */
  report(about: string, fault: unknown, atMs: number): number;
  over(about: string): void;
}

/** A line in the log per change, and none per look: a share that is gone over a weekend must not fill the disk. */
export function keepTroubles(log: Pick<Logger, "error" | "info">): Troubles {
  const troubles = new Map<string, { words: string; readonly sinceMs: number }>();
  return {
    report: (about, fault, atMs) => {
      const words = fault instanceof Error ? fault.message : String(fault);
      const known = troubles.get(about);
      if (known?.words === words) return atMs - known.sinceMs;
      troubles.set(about, { words, sinceMs: known?.sinceMs ?? atMs });
      const stack = fault instanceof Error && !(fault instanceof OnboardingError) ? { stack: fault.stack } : {};
      log.error({ reason: words, ...stack }, `${about}: ${words}; trying again`);
      return atMs - (known?.sinceMs ?? atMs);
    },
    over: (about) => {
      if (troubles.delete(about)) log.info(`${about}: this works again`);
    },
  };
}
