/** What looks like nothing or like a space at the end of a text; variation selectors and tags belong to the character before them. */
const BLANK = /[[\s\u2800\p{Cf}\p{Default_Ignorable_Code_Point}]--[\u{fe00}-\u{fe0f}\u{e0000}-\u{e0fff}]]/v;
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const SPACE = /[\p{Zs}\u2800]/gu;
/** All that a reader of a message cannot see or cannot tell from a space. */
const UNSEEN = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\u2800]--\u{20}]/gv;

/**
 * A text without the blanks around it: spaces, no-break spaces, line ends, zero-width characters, direction and
 * byte order marks. What stands inside stays. Takes time in proportion to what it strips.
 */
export function stripBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += unitsAt(text, start);
  while (end > start) {
    const last = end > 1 && unitsAt(text, end - 2) === 2 ? end - 2 : end - 1;
    if (!isBlank(text, last)) break;
    end = last;
  }
  return text.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit > 0x20 && unit < 0x7f) return false;
  return BLANK.test(String.fromCodePoint(text.codePointAt(at) ?? 0));
}

function unitsAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** A column's name as people see it: without blanks around it and invisible characters inside, every space a plain one. */
export function cleanColumnName(name: string): string {
  return stripBlanks(name).replace(SPACE, " ").replace(INVISIBLE, "");
}

/** The form under which two names of columns are the same, whatever their case, Unicode form and invisible characters. */
export function foldColumnName(name: string): string {
  return cleanColumnName(name).normalize("NFC").toLowerCase();
}

/** U+00A0 and its like: a character by its number. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A text in quotes for a message, with `<U+200B>` in place of what cannot be seen, so that no two texts look the same. */
export function showText(text: string): string {
  return `"${text.toWellFormed().replace(UNSEEN, (character) => `<${codePoint(character)}>`)}"`;
}
