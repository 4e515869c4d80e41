import { codePoint } from "./blank-text.ts";

/** What the platform's CSV cannot carry, since it guesses the separator and its quoting is not documented. */
const NOT_CARRIED: Readonly<Record<string, string>> = {
  "\t": "a tab",
  ";": "a semicolon",
  ",": "a comma",
  '"': "a quote",
  "\r": "a line break",
  "\n": "a line break",
};
const SUSPECT = /[\t;,"\r\n\p{Cc}\p{Zl}\p{Zp}]/u;

/** Why a value cannot be in a registration file, as text that follows its name; undefined: nothing. */
export function checkRegistrationValue(value: string): string | undefined {
  const found = SUSPECT.exec(value)?.[0];
  if (found !== undefined)
    return `holds ${NOT_CARRIED[found] ?? `a control character (${codePoint(found)})`}, which the platform's CSV cannot carry`;
  if (value.includes("\ufeff")) return "holds a byte order mark (U+FEFF), which the platform's CSV cannot carry";
  if (!value.isWellFormed()) return "holds half a character (a lone surrogate)";
  return undefined;
}
