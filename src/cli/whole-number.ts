import { OnboardingError } from "../domain/error.ts";

/** Makes the `coerce` of an option that takes a whole number of at least `least`; throws `usage` for any other. */
export function wholeNumber(option: string, least: number, most = Number.MAX_SAFE_INTEGER): (value: number) => number {
  return (value) => {
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new OnboardingError(`--${option} takes a whole number ${range}`, { code: "usage" });
  };
}
