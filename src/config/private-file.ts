import type { Stats } from "node:fs";
import { keepsModes } from "../disk/modes.ts";
import { OnboardingError } from "../domain/error.ts";
import { closingCommand, type Readers, readersOf } from "./access-list.ts";

/** How a system tells who may read a file, and where it is said when it does not. */
export interface AccessCheck {
  readonly system?: NodeJS.Platform;
  readonly readers?: (path: string) => Readers;
  readonly warn?: (message: string) => void;
}

/**
 * Refuses (`usage`, with the cure) a secret file that somebody else can read: by its permission bits, of which `rights`
 * are those of others; on Windows by its access list. Where that cannot be read there, it is said once in a process.
 */
export function requirePrivate(
  path: string,
  { mode }: Pick<Stats, "mode">,
  rights: number,
  { system = process.platform, readers = readersOf, warn = warnOnce }: AccessCheck = {},
): void {
  if (keepsModes(system)) {
    if ((mode & rights) !== 0) throw exposed(path, "others", `chmod 600 ${path}`);
    return;
  }
  const found = readers(path);
  if ("unknown" in found) {
    warn(`who else may read ${path} and other secret files could not be found out: ${found.unknown}`);
  } else if (found.others.length > 0) {
    throw exposed(path, `others (${found.others.join(", ")})`, closingCommand(path, found.owner));
  }
}

function exposed(path: string, others: string, command: string): OnboardingError {
  return new OnboardingError(`${path} can be read by ${others}; protect it with: ${command}`, { code: "usage" });
}

let warned = false;

function warnOnce(message: string): void {
  if (!warned) process.emitWarning(message);
  warned = true;
}
