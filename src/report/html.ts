const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const MARKUP = Symbol("markup");

/** Markup that only the `html` tag makes, so that no text from outside passes for it. */
export interface Html {
  readonly [MARKUP]: string;
}

/**
 * Template tag for markup. What is inserted is text, and escaped for content and for quoted attributes, with
 * control characters as `?`; markup that the tag itself has made stays markup, and a list of it stands one
 * after the other.
 */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const inserted = values.map(markupOf);
  return { [MARKUP]: strings.map((markup, index) => markup + (inserted[index] ?? "")).join("") };
}

/** The markup as text, ready to be written. */
export function htmlText(page: Html): string {
  return page[MARKUP];
}

function markupOf(value: string | number | Html | readonly Html[]): string {
  if (typeof value === "string") return escapeText(value);
  if (typeof value === "number") return String(value);
  return MARKUP in value ? value[MARKUP] : value.map(htmlText).join("");
}

function escapeText(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "")
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "?");
}
