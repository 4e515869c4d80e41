import { OnboardingError } from "../../domain/error.ts";

/** A contradiction inside the ledger, found by lotmint itself. */
export function damaged(message: string): OnboardingError {
  return new OnboardingError(message, { code: "state-damaged" });
}
