import { OnboardingError } from "../domain/error.ts";
import { exitCodeOf } from "../domain/exit-code.ts";

/** An error as `--json` tells it on stdout; what a defect says of itself stays in the log. */
export function errorJson(error: unknown): {
  readonly exitCode: number;
  readonly error: { readonly code: string; readonly message: string };
} {
  const told =
    error instanceof OnboardingError
      ? { code: error.code, message: error.message }
      : { code: "defect", message: "this is a defect of lotmint; the log on stderr tells more" };
  return { exitCode: exitCodeOf(error), error: told };
}
