import { type Dirent, readdirSync } from "node:fs";
import { basename, dirname, extname, join, posix, win32 } from "node:path";
import { inputError } from "../disk/disk-error.ts";
import { OnboardingError } from "../domain/error.ts";
import { isFile } from "./is-file.ts";

/**
 * The manifests that a path or a pattern means, sorted by name. `*` and `?` stand for anything in the
 * file's name, not in its folder's; hidden files do not match. The case of the ending (`.CSV`) and the Unicode form of
 * the name do not count. A pattern may match nothing; a plain path that means no file is a `usage` fault.
 */
export function findManifests(pattern: string): readonly string[] {
  if (isFile(pattern)) return [pattern];
  const folder = dirname(pattern);
  if (/[*?]/.test(folder)) {
    throw new OnboardingError(`${pattern}: * and ? can stand in the file's name only, not in its folder's`, {
      code: "usage",
    });
  }
  const name = basename(pattern);
  if (/[*?]/.test(name)) return listMatching(folder, name);
  const similar = listSimilar(folder, name);
  if (similar.length === 1) return similar;
  const which = similar.length === 0 ? "" : `; there are ${similar.join(" and ")}: name one as it is written`;
  throw new OnboardingError(`there is no manifest ${pattern}${which}`, { code: "usage" });
}

function listMatching(folder: string, pattern: string): readonly string[] {
  return listFolder(folder)
    .filter((entry) => !entry.name.startsWith(".") && matches(pattern, entry.name))
    .map((entry) => join(folder, entry.name))
    .filter(isFile)
    .sort();
}

/** Files that differ from a plain name only in what does not count; none where there is no such folder. */
function listSimilar(folder: string, name: string): readonly string[] {
  try {
    return listMatching(folder, name);
  } catch (error) {
    if (error instanceof OnboardingError) return [];
    throw error;
  }
}

/**
 * Whether a pattern, or a plain path, means this file; both absolute. Whether it is there does not matter. On Windows
 * names that differ by case alone are one, drive letters included.
 */
export function matchesManifest(pattern: string, path: string, system: NodeJS.Platform = process.platform): boolean {
  const { basename, dirname } = system === "win32" ? win32 : posix;
  const [folder, other] = [dirname(pattern), dirname(path)];
  const isSameFolder = system === "win32" ? folder.toLowerCase() === other.toLowerCase() : folder === other;
  return isSameFolder && matches(basename(pattern), basename(path), system);
}

/** Windows does not tell `.CSV` from `.csv`, and macOS writes an umlaut as two characters. */
function matches(pattern: string, name: string, system: NodeJS.Platform = process.platform): boolean {
  return toRegExp(foldEnding(pattern), system).test(foldEnding(name));
}

function foldEnding(name: string): string {
  const composed = name.normalize("NFC");
  const ending = extname(composed);
  return composed.slice(0, composed.length - ending.length) + ending.toLowerCase();
}

function toRegExp(name: string, system: NodeJS.Platform = process.platform): RegExp {
  const source = name
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, system === "win32" ? "isu" : "su");
}

function listFolder(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw inputError(error, folder, "cannot look for manifests: there is no folder");
  }
}
