import { OnboardingError } from "../domain/error.ts";

/** The way to a value in a configuration file: keys and list positions from 0. */
export type KeyPath = readonly (string | number)[];

/** One thing that is wrong in a configuration file. */
export interface ConfigProblem {
  readonly path: KeyPath;
  /** What is wrong and what would be right, without place and full stop. */
  readonly message: string;
}

/** Where a value stands, for people: the file as they know it, its line from 1, its key with dots. */
export type Locate = (path: KeyPath) => { readonly file: string; readonly line: number; readonly key: string };

/** Throws when there are any errors: see `refuse`. */
export function throwProblems(problems: readonly ConfigProblem[], locate: Locate): void {
  if (problems.length > 0) refuse(problems, locate);
}

/** Throws all errors as one `usage` error, a line each, in the order of the file. */
export function refuse(problems: readonly ConfigProblem[], locate: Locate): never {
  const placed = problems.map(({ path, message }) => ({ ...locate(path), message }));
  placed.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  const lines = placed.map(
    ({ file, line, key, message }) => `${file}:${line}: ${key === "" ? "" : `${key}: `}${message}`,
  );
  throw new OnboardingError([...new Set(lines)].join("\n"), { code: "usage" });
}

/** A key with dots and list positions, such as `truststore.certificates[1]`. */
export function showKey(path: KeyPath): string {
  return path.reduce<string>(
    (shown, step) => (typeof step === "number" ? `${shown}[${step}]` : shown === "" ? step : `${shown}.${step}`),
    "",
  );
}

/** A value from a configuration file in a message, short and on one line. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a mapping";
  const shown = JSON.stringify(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}
