import type { Logger } from "pino";
import { OnboardingError } from "../domain/error.ts";

/** Problems that last for a while, each logged when it begins, when its message changes, and when it is over. */
export interface Troubles {
  /** Returns for how long it has lasted, in milliseconds; `atMs` is of a clock that does not jump. */
  report(about: string, error: unknown, atMs: number): number;
  over(about: string): void;
}

/** A line in the log per change, and none per look: a share that is gone over a weekend must not fill the disk. */
export function keepTroubles(log: Pick<Logger, "error" | "info">): Troubles {
  const troubles = new Map<string, { reason: string; readonly sinceMs: number }>();
  return {
    report: (about, error, atMs) => {
      const reason = error instanceof Error ? error.message : String(error);
      const known = troubles.get(about);
      if (known?.reason === reason) return atMs - known.sinceMs;
      troubles.set(about, { reason, sinceMs: known?.sinceMs ?? atMs });
      const stack = error instanceof Error && !(error instanceof OnboardingError) ? { stack: error.stack } : {};
      log.error({ reason: reason, ...stack }, `${about}: ${reason}; trying again`);
      return atMs - (known?.sinceMs ?? atMs);
    },
    over: (about) => {
      if (troubles.delete(about)) log.info(`${about}: this works again`);
    },
  };
}
