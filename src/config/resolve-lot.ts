import { parse } from "node:path";
import { safeName } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import { MAX_LOT_NAME } from "../domain/lot.ts";
import { countCharacters } from "../domain/subject-rules.ts";

/** No Linux file system takes a longer name, in octets. */
const MAX_FOLDER_NAME = 255;

/**
 * The lot's name for one manifest: `{file}` is the manifest's name without its last ending, `{date}` the
 * local day as YYYY-MM-DD. Throws `usage` for a name that a lot cannot have.
 */
export function resolveLot(pattern: string, manifest: string, now: Date): string {
  const values: Readonly<Record<string, string>> = { file: parse(manifest).name, date: localDay(now) };
  return checkLotName(pattern.replace(/\{\s*(file|date)\s*\}/g, (_, name: string) => values[name] ?? ""));
}

/** Gives a lot's name back if it is one, else throws `usage`. */
export function checkLotName(name: string): string {
  const wrong = lotNameProblem(name);
  if (wrong === undefined) return name;
  throw new OnboardingError(`${JSON.stringify(name)} cannot be a lot's name: it ${wrong}`, { code: "usage" });
}

function lotNameProblem(name: string): string | undefined {
  if (name.trim() === "") return "is empty";
  if (name === "." || name === "..") return "means a folder";
  if (/[/\\]/.test(name)) return "holds / or \\";
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) return "holds a control or invisible character";
  if (!name.isWellFormed()) return "holds half a character (a lone surrogate)";
  if (name !== name.trim()) return "begins or ends with a space";
  if (countCharacters(name) > MAX_LOT_NAME) return `has more than ${MAX_LOT_NAME} characters`;
  if (Buffer.byteLength(safeName(name)) > MAX_FOLDER_NAME) return "is too long for a folder's name";
  return undefined;
}

function localDay(now: Date): string {
  const pad = (value: number, digits: number) => String(value).padStart(digits, "0");
  return `${pad(now.getFullYear(), 4)}-${pad(now.getMonth() + 1, 2)}-${pad(now.getDate(), 2)}`;
}
