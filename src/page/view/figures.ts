import { type Html, html } from "../../report/html.ts";
import { count, localTime } from "../../report/plain-text.ts";
import type { Locale } from "./locale.ts";
import { textsIn } from "./texts-in.ts";

const REGIONS: Readonly<Record<Locale, string>> = { en: "en-GB", de: "de-DE" };
/** Non-breaking, so that a figure and its unit stay on one line. */
const SPACE = "\u00a0";

/** A whole number as people read it, which is never broken over two lines. */
export function numberText(value: number): string {
  return count(value).replaceAll(" ", SPACE);
}

/** A number with three digits that say something, or all digits before the decimal mark. */
export function decimalText(value: number, locale: Locale): string {
  const fraction = value >= 100 || value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const rounded = value.toFixed(Math.min(fraction, 6));
  const [whole = "", parts = ""] = rounded.split(".");
  const some = parts.replace(/0+$/, "");
  return `${numberText(Number(whole))}${some === "" ? "" : `${locale === "de" ? "," : "."}${some}`}`;
}

/** Whole percent, never 0 or 100 for what is neither. */
export function percentText(part: number, whole: number): string {
  const percent = wholePercent(part, whole);
  return `${percent}${SPACE}%`;
}

/** The share as a whole number from 0 to 100, 1 and 99 for what is not nothing and not all. */
export function wholePercent(part: number, whole: number): number {
  if (whole <= 0 || part <= 0) return 0;
  if (part >= whole) return 100;
  return Math.min(99, Math.max(1, Math.round((part / whole) * 100)));
}

/** A span of time in seconds, as exact as somebody who waits wants it. */
export function spanText(seconds: number, locale: Locale): string {
  if (seconds < 10) return textsIn(locale).aFewSeconds;
  if (seconds < 60) return `${Math.round(seconds / 5) * 5}${SPACE}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}${SPACE}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}${SPACE}h${SPACE}${minutes % 60}${SPACE}min`;
  return `${Math.round(hours / 24)}${SPACE}d`;
}

/** Seconds a device; short ones in milliseconds. */
export function secondsText(seconds: number, locale: Locale): string {
  return seconds < 1 ? `${decimalText(seconds * 1000, locale)}${SPACE}ms` : `${decimalText(seconds, locale)}${SPACE}s`;
}

/** A moment in the server's time zone, with the exact one for programs. */
export function momentText(atMs: number, locale: Locale): Html {
  const at = new Date(atMs);
  if (Number.isNaN(at.getTime())) return html`–`;
  const shown = formatterOf(locale, true).format(at);
  return html`<time datetime="${at.toISOString()}">${shown}</time>`;
}

/** The time of day on the server, to the second. */
export function clockText(atMs: number): string {
  return localTime(atMs).slice("YYYY-MM-DD ".length);
}

/** A day in the server's time zone. */
export function dayText(atMs: number, locale: Locale): string {
  const at = new Date(atMs);
  return Number.isNaN(at.getTime()) ? "–" : formatterOf(locale, false).format(at);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one costs far more than using it, and a page has thousands of times. */
function formatterOf(locale: Locale, withTime: boolean): Intl.DateTimeFormat {
  const key = `${locale} ${withTime}`;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const time = withTime ? ({ hour: "2-digit", minute: "2-digit" } as const) : {};
  const made = new Intl.DateTimeFormat(REGIONS[locale], {
    day: "2-digit",
    month: locale === "de" ? "2-digit" : "short",
    year: "numeric",
    ...time,
  });
  formatters.set(key, made);
  return made;
}
