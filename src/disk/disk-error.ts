import { readFileSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { OnboardingError } from "../domain/error.ts";

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EIO: "the disk reports an input/output error",
  ENOENT: "the folder is gone",
  ENODEV: "the device is gone",
  ENXIO: "the device is gone",
  ESTALE: "the network share is gone",
  ENOTCONN: "the network share is gone",
  EHOSTDOWN: "the network share is gone",
  ETIMEDOUT: "the network share does not answer",
  ETXTBSY: "another program has it open",
  EBUSY: "another program has it open",
  ENOTEMPTY: "another program is writing there",
  ENOTDIR: "a file stands where a folder belongs",
  EISDIR: "a folder stands where a file belongs",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open on this machine",
  ENAMETOOLONG: "the path is too long",
  ELOOP: "its symbolic links lead in a circle",
  EFBIG: "the file is too large for the file system",
};

const DENIED: readonly string[] = ["EACCES", "EPERM"];

/** Turns a file system's error into one that names the place and the cure; anything else is handed back as it is. */
export function diskError(cause: unknown, path: string, doing: "write" | "reach" = "write"): unknown {
  const words = wordsOf(cause, path);
  if (words === undefined) return cause;
  const message = `cannot ${doing} ${path}: ${words}; mend that and run again, nothing is lost`;
  return new OnboardingError(message, { code: "disk-unwritable", cause });
}

/**
 * The same for something that was named to be read, on the command line or in a file: `usage`. `missing` says
 * what is not there, such as "there is no manifest".
 */
export function inputError(cause: unknown, path: string, missing = "there is no file"): unknown {
  if (isMissing(cause)) return new OnboardingError(`${missing} ${path}`, { code: "usage", cause });
  const words = wordsOf(cause, path);
  return words === undefined ? cause : new OnboardingError(`cannot read ${path}: ${words}`, { code: "usage", cause });
}

/** A file system's error that nobody on the way gave words, by the path that Node put into it; anything else as it is. */
export function strayDiskFault(cause: unknown): unknown {
  if (!(cause instanceof Error) || !("syscall" in cause)) return cause;
  if (/^(spawn|connect|listen|bind)/.test(String(cause.syscall))) return cause;
  if ("path" in cause && typeof cause.path === "string") return diskError(cause, cause.path, "reach");
  // Reading and writing an open file name no path.
  const isOfFiles = /^(uv_cwd|fstat|fsync|fdatasync|ftruncate|read|write|close)$/.test(String(cause.syscall));
  const place = cause.syscall === "uv_cwd" ? "the current folder" : "a file";
  return isOfFiles ? diskError(cause, place, "reach") : cause;
}

/** What a file system's error says, in words; undefined for an error of another kind. */
export function wordsOf(cause: unknown, path: string, system: NodeJS.Platform = process.platform): string | undefined {
  const code = codeOf(cause);
  if (cause instanceof OnboardingError || code === undefined) return undefined;
  return isDenied(cause) ? denial(path, system) : WORDS[code];
}

/** `throwIfNoEntry: false` that takes a path through a file, which cannot be there either, for missing as well. */
export function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** True when an error says that nothing stands at a path. */
export function isMissing(cause: unknown): boolean {
  return codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR";
}

/** True when an error says that permission is denied. */
export function isDenied(cause: unknown): boolean {
  return DENIED.includes(codeOf(cause) ?? "");
}

/** Who a numeric user id is: its name where this machine knows one, with the number. */
export function userName(uid: number): string {
  const name = nameOf(uid);
  return name === undefined ? `uid ${uid}` : `${name} (uid ${uid})`;
}

/** The same as `sudo -u` takes it. */
export function sudoUser(uid: number): string {
  return nameOf(uid) ?? `'#${uid}'`;
}

/** Users of a directory service are told by their number: this is for messages only. */
function nameOf(uid: number): string | undefined {
  const entries = passwd().split("\n");
  return entries.map((entry) => entry.split(":")).find(([, , id]) => id === String(uid))?.[0];
}

function passwd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

/** Whose the path is, or the folder above it that can still be seen, and who asked; Windows shows neither as a number. */
function denial(path: string, system: NodeJS.Platform): string {
  if (system === "win32") {
    return `permission is denied, or another program has it open; who may do what there is told by: icacls "${path}"`;
  }
  const user = process.geteuid?.();
  const found = isAbsolute(path) ? nearestVisible(path) : undefined;
  if (user === undefined || found === undefined) return "permission is denied";
  const mode = (found.stats.mode & 0o7777).toString(8).padStart(4, "0");
  const owner = `${found.path} belongs to ${userName(found.stats.uid)} and has mode ${mode}`;
  const cure =
    found.stats.uid === user
      ? ""
      : `; give this user the right to it, or run lotmint as the owner: sudo -u ${sudoUser(found.stats.uid)} lotmint …`;
  return `permission is denied to ${userName(user)}: ${owner}${cure}`;
}

function nearestVisible(path: string): { readonly path: string; readonly stats: Stats } | undefined {
  for (let at = path; ; at = dirname(at)) {
    try {
      return { path: at, stats: statSync(at) };
    } catch {
      if (dirname(at) === at) return undefined;
    }
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
}
