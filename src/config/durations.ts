import { NEVER_MS, type ValidityRequest } from "../domain/certificate.ts";

/** What the pieces of a configuration file look like, for the schemas. */
export const TIME_PATTERN = /^[1-9]\d{0,8}(?:ms|s|m|h)$/;
export const VALIDITY_PATTERN = /^[1-9]\d{0,5}[dy]$/;
export const NOT_AFTER_PATTERN =
  /^(?:never|\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?)$/;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a time such as `500ms`, `12s`, `5m` or `1h`, one that `TIME_PATTERN` matches. */
export function parseTimeMs(time: string): number {
  const unit = /[a-z]+$/.exec(time)?.[0] ?? "ms";
  return Number.parseInt(time, 10) * (UNIT_MS[unit] ?? 1);
}

/** A validity such as `365d` or `20y`, one that `VALIDITY_PATTERN` matches. */
export function parseValidity(validity: string): ValidityRequest {
  const count = Number.parseInt(validity, 10);
  return validity.endsWith("y")
    ? { kind: "years", years: count, asked: true }
    : { kind: "days", days: count, asked: true };
}

/**
 * When a certificate ends: `never`, a day, which means the end of that day in UTC, since notAfter is
 * inclusive, or a date with time and zone. Says in a sentence why a text is none of these.
 */
export function parseNotAfter(text: string, nowMs: number): ValidityRequest | { readonly problem: string } {
  if (text === "never") return { kind: "never", asked: true };
  const isDay = text.length === 10;
  const atMs = Date.parse(isDay ? `${text}T23:59:59Z` : text);
  // Date.parse takes 2040-02-31 for 2 March; the calendar does not.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  const real = !Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === text.slice(0, 10);
  if (Number.isNaN(atMs) || !real) return { problem: "is no date of the calendar" };
  const notAfterMs = Math.floor(atMs / 1000) * 1000;
  if (notAfterMs <= nowMs) return { problem: "is in the past" };
  return notAfterMs >= NEVER_MS ? { kind: "never", asked: true } : { kind: "until", notAfterMs, asked: true };
}
