/** What the terminal may be given: sizes, and whether it shows colours. */
export interface TextOptions {
  readonly colour: boolean;
}

const PAINTS = { green: 32, amber: 33, red: 31, bold: 1, dim: 2 } as const;
export type Paint = keyof typeof PAINTS;

/** All that `paint` puts around a text. */
export const PAINT_SEQUENCES: readonly string[] = [0, ...Object.values(PAINTS)].map((code) => `\u001b[${code}m`);

const WIDTH = 80;

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

/** Breaks text into lines of at most 80 columns at spaces; `indent` stands before each but the first. */
export function wrapText(text: string, first: string, indent: string): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of plainText(text)
    .split(" ")
    .filter((part) => part !== "")) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join("\n");
}

/** A number as people read it: 12 480. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, " ");
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
