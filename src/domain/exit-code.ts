import { OnboardingError, type OnboardingErrorCode } from "./error.ts";

export const EXIT = { done: 0, defect: 1, rejected: 3 } as const;

/** What the scheduler reads, for each error that ends a run. Total, so that a new code cannot be forgotten. */
const EXIT_CODES: Readonly<Record<OnboardingErrorCode, number>> = {
  usage: 2,
  "issuer-unusable": 10,
  "lot-held": 11,
  "platform-refused": 12,
  "platform-unreachable": 13,
  "disk-unwritable": 14,
  "state-damaged": 15,
  "clock-implausible": 16,
  stopped: 130,
};

/** From what must be told first to what may be told last. */
const PRECEDENCE = [1, 130, 15, 14, 16, 10, 12, 2, 11, 13, 3, 0];

/** The exit code of an error; anything but an `OnboardingError` is a defect. */
export function exitCodeOf(error: unknown): number {
  return error instanceof OnboardingError ? EXIT_CODES[error.code] : EXIT.defect;
}

/** Of several exit codes, the one that matters most. */
export function worstExitCode(codes: Iterable<number>): number {
  const present = new Set(codes);
  return PRECEDENCE.find((code) => present.has(code)) ?? EXIT.done;
}
