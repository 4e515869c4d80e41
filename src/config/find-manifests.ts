import { type Dirent, readdirSync } from "node:fs";
import { basename, dirname, join, posix, win32 } from "node:path";
import { inputError } from "../disk/disk-error.ts";
import { OnboardingError } from "../domain/error.ts";
import { isFile } from "./is-file.ts";

/**
 * The manifests that a path or a pattern means, sorted by name. `*` and `?` stand for anything in the
 * file's name, not in its folder's; hidden files do not match. A pattern may match nothing; a plain
 * path that is no file is a `usage` fault.
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
  if (!/[*?]/.test(name)) throw new OnboardingError(`there is no manifest ${pattern}`, { code: "usage" });
  const matching = toRegExp(name);
  return listFolder(folder)
    .filter((entry) => !entry.name.startsWith(".") && matching.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .filter(isFile)
    .sort();
}

/**
 * Whether a pattern, or a plain path, means this file; both absolute. Whether it is there does not matter. On Windows
 * names that differ by case alone are one, drive letters included.
 */
export function matchesManifest(pattern: string, path: string, system: NodeJS.Platform = process.platform): boolean {
  const { basename, dirname } = system === "win32" ? win32 : posix;
  const [folder, other] = [dirname(pattern), dirname(path)];
  const isSameFolder = system === "win32" ? folder.toLowerCase() === other.toLowerCase() : folder === other;
  return isSameFolder && toRegExp(basename(pattern), system).test(basename(path));
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
