import { OnboardingError } from "../domain/error.ts";

/** Lines and columns from 1; the header is line 1. */
export interface ManifestPlace {
  readonly line?: number;
  readonly column?: number;
}

/** How each such fault ends. */
export const NOTHING_TAKEN = "; nothing of the file was taken in";

/** The fault of a file that is refused whole: nothing of it is taken in. */
export function manifestError(file: string, place: ManifestPlace, words: string, cause?: unknown): OnboardingError {
  const line = place.line === undefined ? "" : `, line ${place.line}`;
  const column = place.column === undefined ? "" : `, column ${place.column}`;
  return new OnboardingError(`${file}${line}${column}: ${words}${NOTHING_TAKEN}`, {
    code: "usage",
    cause,
    concerns: "manifest",
  });
}
