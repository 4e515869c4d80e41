/** A time in ms since 1970 as ISO 8601 in UTC, `2026-01-31T10:00:00Z`; milliseconds stand only where there are some. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** The day of a time in ms since 1970, in UTC: `2026-01-31`. */
export function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
