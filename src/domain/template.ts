/** A piece of a template: text as it stands, or the name of a column (or `id`, `lot`, `file`, `date`). */
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "column"; readonly name: string };

/** Whether a template takes anything from a device's row or its lot. */
export function hasPlaceholder(template: string): boolean {
  return template.includes("{");
}

/**
 * Takes a template such as `Factory/{lot}` apart, or says in a sentence what is wrong with it. Names are
 * trimmed; a brace can only enclose a name, there is no way to write one as text.
 */
export function parseTemplate(template: string): readonly TemplatePart[] | { readonly problem: string } {
  const parts: TemplatePart[] = [];
  for (const piece of template.split(/(\{[^{}]*\})/)) {
    if (piece === "") continue;
    if (piece.startsWith("{") && piece.endsWith("}")) {
      const name = piece.slice(1, -1).trim();
      if (name === "") return { problem: "{} names no column" };
      parts.push({ kind: "column", name });
    } else if (/[{}]/.test(piece)) {
      return { problem: "a brace has no partner; a column is written {column}" };
    } else {
      parts.push({ kind: "text", text: piece });
    }
  }
  return parts;
}
