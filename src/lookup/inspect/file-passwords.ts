import type { Inspection } from "./inspection.ts";

/** Passwords to try on a file, each asked for only when those before it did not fit. */
export interface FilePasswords {
  /** Those that are there without asking anybody. Where there is one, no well-known password is tried. */
  readonly given: () => AsyncIterable<string>;
  /** Those that somebody types; only for a file that cannot be read without. */
  readonly typed: () => AsyncIterable<string>;
}

/** Why a file that no password has opened stays closed. */
export function closedFile(tried: boolean): NonNullable<Inspection["problem"]> {
  if (tried) return { kind: "password-wrong", message: "no password that was tried opens it" };
  return { kind: "password-needed", message: "it is protected by a password, and none is given" };
}

/** What Java and lotmint give truststores that hold nothing secret. */
const WELL_KNOWN = "changeit";

/**
 * What the first password gives that opens something. `open` gives undefined where a password does not fit. Else says
 * whether any was tried that somebody gave.
 */
export async function tryPasswords<T>(
  { given, typed }: FilePasswords,
  open: (password: string) => T | undefined,
): Promise<
  { readonly opened: T; readonly wellKnown: boolean } | { readonly opened?: undefined; readonly tried: boolean }
> {
  let tried = false;
  for await (const password of given()) {
    tried = true;
    const opened = open(password);
    if (opened !== undefined) return { opened, wellKnown: false };
  }
  const opened = tried ? undefined : open(WELL_KNOWN);
  if (opened !== undefined) return { opened, wellKnown: true };
  for await (const password of typed()) {
    tried = true;
    const found = open(password);
    if (found !== undefined) return { opened: found, wellKnown: false };
  }
  return { tried };
}

/** For files that can be read without: nobody is asked. */
export async function* nobodyAsked(): AsyncIterable<string> {
  yield* [];
}
