import { unprocessable } from "./request-refusal.ts";

/** A boolean query parameter, false when absent unless said otherwise. Throws a 422 for any other word. */
export function booleanParameter(query: URLSearchParams, name: string, absent = false): boolean {
  const text = query.get(name);
  if (text === null) return absent;
  if (text !== "true" && text !== "false") throw unprocessable("general", `Parameter '${name}' must be true or false`);
  return text === "true";
}

/** A whole number within bounds. Throws a 422 for anything else. */
export function integerParameter(
  query: URLSearchParams,
  name: string,
  bounds: { readonly absent: number; readonly max: number },
): number {
  const text = query.get(name);
  if (text === null) return bounds.absent;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > bounds.max) {
    throw unprocessable("general", `Parameter '${name}' must be a number from 1 to ${bounds.max}`);
  }
  return value;
}
