import { PAINT_SEQUENCES, plainText } from "../report/plain-text.ts";

/** What may draw on a terminal: line breaks, tabs and the colours of `paint`; everything else is cleaned. */
const OWN = new RegExp(`(${["\\n", "\\t", ...PAINT_SEQUENCES.map(escapeRegExp)].join("|")})`);

/** Marks that JSON may hold as they are, and that a terminal would obey. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A result as it goes to a terminal or a file: whatever names from outside stand in it, it moves no cursor, sets no
 * title, clears nothing and turns no line round. Line breaks stay, and the program's own colours where they are asked for.
 */
export function terminalText(text: string, { colour }: { readonly colour: boolean }): string {
  return text
    .split(OWN)
    .map((part) =>
      part === "\n" || part === "\t" || (colour && PAINT_SEQUENCES.includes(part)) ? part : plainText(part),
    )
    .join("");
}

/** A message of several lines: those after the first are indented, so that none can pass for another entry of the log. */
export function terminalMessage(text: string): string {
  return text.split("\n").map(plainText).join("\n  ");
}

/** One line of JSON, in ASCII where a terminal would obey; the value that is read back is the same. */
export function jsonLine(json: string): string {
  return json.replace(UNESCAPED, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function escapeRegExp(text: string): string {
  return text.replace(/[[\]]/g, "\\$&");
}
