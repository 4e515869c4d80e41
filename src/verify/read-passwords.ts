import { once } from "node:events";
import { createReadStream } from "node:fs";

/** A line that is not `id,password`, or names an id again. */
interface PasswordProblem {
  readonly line: number;
  /** "" when the line has none. */
  readonly externalId: string;
  /** Never holds the password. */
  readonly message: string;
}

export interface ListedPasswords {
  readonly passwords: Map<string, string>;
  readonly problems: readonly PasswordProblem[];
}

/** More errors than this say nothing new about a file. */
const MAX_PROBLEMS = 1000;
/** An id of 64 characters and a password are far shorter. */
const MAX_LINE = 4096;

/**
 * Reads a passwords.csv, or a segment of one: `id,password` a line, LF, no quotes, with or without a
 * header row. Of an id that stands there twice the last line counts. With `only`, no other ids are kept. `undefined` when there is no such file.
 */
export async function readPasswords(path: string, only?: ReadonlySet<string>): Promise<ListedPasswords | undefined> {
  const stream = createReadStream(path, { encoding: "utf8" });
  try {
    await once(stream, "open");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  return parsePasswords(stream, only);
}

/** Reads the same from text in pieces, such as a list that was sealed and has been opened. */
export async function parsePasswords(
  pieces: AsyncIterable<string | Buffer> | Iterable<string>,
  only?: ReadonlySet<string>,
): Promise<ListedPasswords> {
  const passwords = new Map<string, string>();
  const problems: PasswordProblem[] = [];
  const problem = (line: number, externalId: string, message: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ line, externalId, message });
  };
  let number = 0;
  const takeLine = (text: string) => {
    number++;
    if (number === 1 && text === "id,password") return;
    const comma = text.indexOf(",");
    const externalId = text.slice(0, Math.max(0, comma));
    const password = text.slice(comma + 1);
    if (comma < 1) problem(number, "", "it is not `id,password`");
    else if (password === "" || /[",\r\s]/.test(password)) {
      problem(number, externalId, "its password is empty, or holds a character that no password here has");
    } else if (only === undefined || only.has(externalId)) {
      if (passwords.has(externalId)) problem(number, externalId, "its id stands on an earlier line too");
      passwords.set(externalId, password);
    }
  };
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + String(piece)).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) takeLine(text);
    if (rest.length > MAX_LINE) {
      problem(number + 1, "", "it is too long for `id,password`");
      return { passwords, problems };
    }
  }
  if (rest !== "") {
    problem(number + 1, "", "it has no line end: the file was cut off");
    takeLine(rest);
  }
  return { passwords, problems };
}
