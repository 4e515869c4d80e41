import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { inputError, isMissing } from "../disk/disk-error.ts";
import type { Home } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import type { SiteFile } from "./read-site.ts";
import { readYaml } from "./read-yaml.ts";

/** As much of a job file as it takes to say which manifests are its own. */
export interface ListedJob {
  readonly name: string;
  /** Absolute path of the job file. */
  readonly path: string;
  /** Absolute path or pattern of its manifests; undefined: it names none, or `problem` says why that is not known. */
  readonly manifest?: string;
  /** True when it runs by schedule. */
  readonly scheduled: boolean;
  /** Why the file cannot be read at all; any other error in it shows when the job is read whole. */
  readonly problem?: string;
}

const ENDING = /\.ya?ml$/i;

/** The jobs in jobs/, by name; none where there is no such folder. An error in one does not hide the others. */
export function listJobs(home: Home, site: Pick<SiteFile, "defaults">): readonly ListedJob[] {
  const files = listFolder(home.jobs).filter((file) => ENDING.test(file) && !file.startsWith("."));
  const jobs = files.map((file) => glance(file, home, site));
  return jobs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function glance(file: string, home: Home, site: Pick<SiteFile, "defaults">): ListedJob {
  const path = join(home.jobs, file);
  const name = file.replace(ENDING, "");
  try {
    const { value } = readYaml(path, join("jobs", file));
    const { manifest, schedule } = value;
    const pattern = typeof manifest === "string" ? resolve(dirname(path), manifest) : site.defaults.manifest;
    const scheduled = (schedule ?? site.defaults.schedule) !== undefined;
    return { name, path, scheduled, ...(pattern !== undefined && { manifest: pattern }) };
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return { name, path, scheduled: false, problem: error.message };
  }
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw inputError(error, folder);
  }
}
