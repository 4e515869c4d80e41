import { OnboardingError } from "../../domain/error.ts";

/** The error of a file that nothing can be said of, or not all. `problem` is a clause about "it". */
export function unreadableFile(problem: string, cause?: unknown): OnboardingError {
  return new OnboardingError(problem, { code: "usage", cause });
}
