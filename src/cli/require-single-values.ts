import { OnboardingError } from "../domain/error.ts";

/**
 * Refuses (`usage`) an option that is given twice and takes one value, which yargs hands on as a list, and
 * a number that is none. `options` is what yargs knows of the command's options; its types call it otherwise.
 */
export function requireSingleValues(args: Readonly<Record<string, unknown>>, options: object): true {
  const lists = "array" in options && Array.isArray(options.array) ? options.array : [];
  for (const [name, value] of Object.entries(args)) {
    if (name !== "_" && Array.isArray(value) && !lists.includes(name)) {
      throw new OnboardingError(`--${name} is given ${value.length} times; give it once`, { code: "usage" });
    }
    if (Number.isNaN(value)) throw new OnboardingError(`--${name} takes a number`, { code: "usage" });
  }
  return true;
}
