/** The languages of the page. */
export const LOCALES = ["en", "de"] as const;
export type Locale = (typeof LOCALES)[number];

/**
 * The page's language for an Accept-Language header (RFC 9110, 12.5.4): the one with the highest weight, the first of
 * equals. English where the header is missing, is none, or wants neither.
 */
export function chooseLocale(header: string | undefined): Locale {
  let best: { readonly locale: Locale; readonly weight: number } | undefined;
  for (const range of (header ?? "").split(",")) {
    const [tag = "", ...parameters] = range.split(";").map((part) => part.trim());
    const locale = localeOf(tag.toLowerCase());
    const weight = weightOf(parameters);
    if (locale !== undefined && weight > (best?.weight ?? 0)) best = { locale, weight };
  }
  return best?.locale ?? "en";
}

function localeOf(tag: string): Locale | undefined {
  return tag === "*" ? "en" : LOCALES.find((locale) => tag === locale || tag.startsWith(`${locale}-`));
}

function weightOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => /^q=/i.test(parameter));
  if (given === undefined) return 1;
  const weight = Number(given.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
