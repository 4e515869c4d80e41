import { OnboardingError } from "../domain/error.ts";

/** Makes the `coerce` of an option that takes a whole number of at least `least`; throws `usage` for any other. */
export function wholeNumber(option: string, least: number, most = Number.MAX_SAFE_INTEGER): (value: number) => number {
  return (value) => {
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new OnboardingError(`--${option} takes a whole number ${range}`, { code: "usage" });
  };
}

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
