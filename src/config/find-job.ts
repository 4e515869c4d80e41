import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { inputError } from "../disk/disk-error.ts";
import type { Home } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import { nearestWord } from "../domain/nearest-word.ts";
import { isFile } from "./is-file.ts";

/** What a command line's JOB or MANIFEST turned out to be, with its absolute path. */
export interface FoundJob {
  readonly kind: "job" | "manifest";
  /** Of a manifest: a path or a pattern. */
  readonly path: string;
}

const ENDING = /\.ya?ml$/i;

/**
 * Finds JOB, a name in jobs/ with or without its ending, or a path relative to `cwd`; anything else that
 * is a file or a pattern is a manifest. A name in jobs/ wins over a file. Throws `usage`, naming the jobs.
 */
export function findJob(argument: string, home: Home, cwd: string): FoundJob {
  const isName = basename(argument) === argument && argument !== "";
  const inJobs = isName ? [argument, `${argument}.yaml`, `${argument}.yml`].filter((name) => ENDING.test(name)) : [];
  const found = [...inJobs.map((name) => join(home.jobs, name)), resolve(cwd, argument)].find(isFile);
  if (found !== undefined) return { kind: ENDING.test(found) ? "job" : "manifest", path: found };
  if (/[*?]/.test(argument)) return { kind: "manifest", path: resolve(cwd, argument) };
  throw new OnboardingError(`there is no job and no manifest ${argument}; ${advice(argument, home)}`, {
    code: "usage",
  });
}

function advice(argument: string, home: Home): string {
  const files = existsSync(home.jobs) ? listJobFiles(home.jobs) : [];
  const names = files.filter((name) => ENDING.test(name)).map((name) => name.replace(ENDING, ""));
  if (names.length === 0) return `${home.jobs} holds no jobs`;
  const near = nearestWord(basename(argument).replace(ENDING, ""), names);
  return near === undefined ? `jobs are ${names.sort().join(", ")}` : `did you mean ${near}?`;
}

function listJobFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw inputError(error, folder);
  }
}
