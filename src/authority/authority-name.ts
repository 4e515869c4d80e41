import { safeName } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";

/**
 * Refuses (`usage`) a name that cannot be a folder on Linux and Windows and, in upper case with `_`
 * for `-`, the end of an environment variable's name.
 */
export function checkAuthorityName(name: string): void {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name) && safeName(name) === name) return;
  throw new OnboardingError(
    `${JSON.stringify(name)} cannot be an authority's name; use up to 63 of a-z, 0-9 and -, beginning with a letter or a digit`,
    { code: "usage" },
  );
}
