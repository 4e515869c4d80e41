import type { ValidityRequest } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import { NOT_AFTER_PATTERN, parseNotAfter, parseValidity, VALIDITY_PATTERN } from "./durations.ts";

/** What `--validity` asks for: `365d`, `20y`, a date (its end, UTC), or `never`. Throws `usage` for anything else. */
export function askedValidity(text: string, nowMs: number): ValidityRequest {
  if (VALIDITY_PATTERN.test(text)) return parseValidity(text);
  if (!NOT_AFTER_PATTERN.test(text)) {
    throw new OnboardingError(`--validity ${text} is none of 365d, 20y, 2040-01-01, never`, { code: "usage" });
  }
  const parsed = parseNotAfter(text, nowMs);
  if ("problem" in parsed) throw new OnboardingError(`--validity ${text} ${parsed.problem}`, { code: "usage" });
  return parsed;
}
