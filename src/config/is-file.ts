import { inputError, statIfThere } from "../disk/disk-error.ts";
import { OnboardingError } from "../domain/error.ts";

/** Whether a path that was named to be read is a file. Throws `usage` when that cannot be told, and says why. */
export function isFile(path: string): boolean {
  try {
    return statIfThere(path)?.isFile() === true;
  } catch (error) {
    throw inputError(error, path);
  }
}

/** What keeps a path that a configuration names from being a file, as text; undefined when it is one. */
export function fileProblem(path: string): string | undefined {
  try {
    return isFile(path) ? undefined : `there is no file ${path}`;
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return error.message;
  }
}
