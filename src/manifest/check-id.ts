import { safeName } from "../disk/layout.ts";
import { codePoint } from "../domain/blank-text.ts";
import { OnboardingError } from "../domain/error.ts";
import { countCharacters } from "../domain/subject-rules.ts";

/** X.520's bound on CN, in characters: the id is the certificate's CN. */
export const MAX_ID = 64;
/** No Linux file system takes a longer name, in octets; the id names the device's folder. */
const MAX_FOLDER_NAME = 255;

/** What an id of plain letters, digits and . _ - never needs to be asked about. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const WHITESPACE = /\s/;
/** Controls, and what cannot be seen: zero-width and direction marks, line and paragraph separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Separators of registrations and topics, of DNs, of paths. */
const FORBIDDEN = /[:/\\$+,;"]/;

/** Says in a sentence what is wrong with an id, or nothing. Made once for a file, since the site's rule is compiled. */
export type IdCheck = (id: string) => string | undefined;

/** The rules for ids, with the site's own narrower one on top. Throws `usage` for a rule that is no pattern. */
export function makeIdCheck(idRule: string | undefined): IdCheck {
  const rule = idRule === undefined ? undefined : compileRule(idRule);
  return (id) => {
    const wrong = PLAIN.test(id) ? undefined : idProblem(id);
    if (wrong !== undefined || rule === undefined || rule.test(id)) return wrong;
    return `the id does not follow the site's rule ${idRule}`;
  };
}

function compileRule(idRule: string): RegExp {
  try {
    return new RegExp(`^(?:${idRule})$`, "u");
  } catch (cause) {
    throw new OnboardingError("idRule in lotmint.yaml is not a regular expression", { code: "usage", cause });
  }
}

function idProblem(id: string): string | undefined {
  if (id === "") return "the id is empty";
  if (!id.isWellFormed()) return "the id holds half a character (a lone surrogate)";
  const space = WHITESPACE.exec(id)?.[0];
  if (space !== undefined) return `the id holds whitespace${space === " " ? "" : ` (${codePoint(space)})`}`;
  const invisible = INVISIBLE.exec(id)?.[0];
  if (invisible !== undefined) return `the id holds a control or invisible character (${codePoint(invisible)})`;
  const forbidden = FORBIDDEN.exec(id)?.[0];
  if (forbidden !== undefined) return `the id holds ${forbidden}, which no id may hold`;
  const characters = countCharacters(id);
  if (characters > MAX_ID) return `the id has ${characters} characters, the most is ${MAX_ID}`;
  if (Buffer.byteLength(safeName(id)) > MAX_FOLDER_NAME) return "the id is too long for the name of its folder";
  return undefined;
}
