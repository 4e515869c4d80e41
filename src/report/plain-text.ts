import stringWidth from "string-width";

/** What the terminal may be given: whether it shows colours, and how many columns a line may have. */
export interface TextOptions {
  readonly colour: boolean;
  /** See `textWidth`; default: 80. */
  readonly width?: number;
}

const PAINTS = { green: 32, amber: 33, red: 31, bold: 1, dim: 2 } as const;
export type Paint = keyof typeof PAINTS;

/** All that `paint` puts around a text. */
export const PAINT_SEQUENCES: readonly string[] = [0, ...Object.values(PAINTS)].map((code) => `\u001b[${code}m`);

const WIDTH = 80;
const NARROWEST = 60;
const WIDEST = 200;

/** The columns that text is wrapped at: a terminal's own from 60 to 200, 80 where there is no terminal. */
export function textWidth(columns: number | undefined): number {
  return columns === undefined || columns < 1 ? WIDTH : Math.min(Math.max(columns, NARROWEST), WIDEST);
}

/** Text in an ANSI colour, or as it is. */
export function paint(text: string, name: Paint, { colour }: TextOptions): string {
  return colour ? `\u001b[${PAINTS[name]}m${text}\u001b[0m` : text;
}

/**
 * Text from outside as it may go to a terminal: controls, escapes and marks that turn the direction of
 * writing become `?`, so that an id or a reason cannot draw over what stands around it.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, "?");
}

/**
 * Breaks text at spaces into lines of at most `width` columns; `indent` stands before each but the first. A word
 * that is longer stays whole, since it may be a path that is copied.
 */
export function wrapText(text: string, first: string, indent: string, width: number = WIDTH): string {
  const lines: string[] = [];
  let line = first;
  let columns = stringWidth(first);
  let empty = true;
  for (const word of plainText(text)
    .split(" ")
    .filter((part) => part !== "")) {
    const wordColumns = stringWidth(word);
    if (!empty && columns + 1 + wordColumns > width) {
      lines.push(line);
      line = indent;
      columns = stringWidth(indent);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    columns += wordColumns + (empty ? 0 : 1);
    empty = false;
  }
  return [...lines, line].join("\n");
}

/** Text followed by blanks (or, `right`, after them) up to a width in columns. */
export function padText(text: string, width: number, right = false): string {
  const blanks = " ".repeat(Math.max(0, width - stringWidth(text)));
  return right ? `${blanks}${text}` : `${text}${blanks}`;
}

/** The most columns that one of the texts takes. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, stringWidth(text)), 0);
}

/** A number as people read it: 12 480. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, " ");
}

/** A moment in this machine's time zone: 2026-11-25 05:30:00. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** A span of time as people read it. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** Devices a second, in as many digits as say something. */
export function perSecond(rate: number): string {
  return rate >= 100 ? count(Math.round(rate)) : String(rate);
}

/** Seconds for one device; short ones as milliseconds. */
export function seconds(value: number): string {
  return value < 1 ? `${Number((value * 1000).toPrecision(3))} ms` : `${Number(value.toPrecision(4))} s`;
}
