import type { Locale } from "./locale.ts";
import { ENGLISH } from "./texts/english.ts";
import { GERMAN } from "./texts/german.ts";
import type { Texts } from "./texts/texts.ts";

/** What the page says in a language. */
export function textsIn(locale: Locale): Texts {
  return locale === "de" ? GERMAN : ENGLISH;
}
