import type { SubjectAttribute } from "./certificate.ts";

/** Upper bounds in characters (X.520 and RFC 5280, appendix A.1); a country is exactly two letters. */
const BOUNDS: Readonly<Record<SubjectAttribute, number>> = {
  C: 2,
  ST: 128,
  L: 128,
  O: 64,
  OU: 64,
  CN: 64,
  serialNumber: 64,
};

/** X.520 gives these two the type PrintableString and no choice. */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** How many characters a text has as X.520 counts them: code points, so that one beyond the BMP counts once. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** What keeps a text from being this attribute's value, as text that follows its name; undefined: nothing. */
export function checkSubjectValue(attribute: SubjectAttribute, value: string): string | undefined {
  if (value === "") return "is empty";
  if (!value.isWellFormed()) return "holds half a character (a lone surrogate)";
  if (CONTROL.test(value)) return "holds a control character or a line break";
  if (attribute === "C") return /^[A-Za-z]{2}$/.test(value) ? undefined : "must be two letters, such as DE";
  // Code units are never fewer than characters, so the exact count is rarely needed.
  if (value.length > BOUNDS[attribute] && countCharacters(value) > BOUNDS[attribute]) {
    return `has ${countCharacters(value)} characters, the most is ${BOUNDS[attribute]}`;
  }
  if (attribute === "serialNumber" && !PRINTABLE.test(value)) {
    return "may only hold letters A to Z, digits, spaces and ' ( ) + , - . / : = ? (PrintableString)";
  }
  return undefined;
}
