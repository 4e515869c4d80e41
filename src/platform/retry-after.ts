/** The longest pause that a platform may ask for; more is cut to it. */
export const LONGEST_RETRY_AFTER_MS = 300_000;

/**
 * The pause that a Retry-After header asks for, in milliseconds (RFC 9110, 10.2.3): whole seconds or
 * a date, which is counted from `nowMs`. Undefined for anything else.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_RETRY_AFTER_MS);
  // Date.parse takes "-5" for a year; an HTTP date starts with the name of a day.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const untilMs = Date.parse(text);
  if (Number.isNaN(untilMs)) return undefined;
  return Math.min(Math.max(untilMs - nowMs, 0), LONGEST_RETRY_AFTER_MS);
}
