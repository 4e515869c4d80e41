import { z } from "zod";

/*
 * The pieces that site and job schemas are made of. Each says in its message what is expected; what was
 * found is added where the errors are told (`describe-issues.ts`).
 */

/** A mapping with these keys and no others. */
export function mapping<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "invalid_type" ? "expected a mapping" : undefined),
  });
}

/** Text on one line, not empty, without control characters. */
export function text(expected = "text", longest = 512) {
  const error = `expected ${expected}`;
  return z
    .string({ error })
    .min(1, { error, abort: true })
    .max(longest, { error: `expected at most ${longest} characters`, abort: true })
    .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, {
      error: "expected text without control characters",
    });
}

/** Text of a certain form. */
export function formed(pattern: RegExp, expected: string) {
  const error = `expected ${expected}`;
  return z.string({ error }).regex(pattern, { error });
}

export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, { error: `expected ${alternatives(words)}` });
}

export function integer(from: number, to: number) {
  const error = `expected a whole number from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
}

export function yesOrNo() {
  return z.boolean({ error: "expected true or false" });
}

/** A list of different values. */
export function listOf<T extends z.ZodType>(item: T, expected: string, options: { readonly empty: boolean }) {
  const error = `expected ${expected}`;
  const list = z.array(item, { error }).max(100, { error: "expected at most 100 entries" });
  return (options.empty ? list : list.min(1, { error })).refine((items) => new Set(items).size === items.length, {
    error: "names something twice",
  });
}

/** "a, b or c". */
function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
