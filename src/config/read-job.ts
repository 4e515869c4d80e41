import { basename, dirname, relative } from "node:path";
import type { Home } from "../disk/layout.ts";
import { liesBelow } from "../disk/relative-path.ts";
import type { Job } from "../domain/job.ts";
import { type Locate, refuse, throwProblems } from "./config-error.ts";
import { checkAgainst } from "./describe-issues.ts";
import { type JobInput, jobSchema } from "./job-schema.ts";
import type { SiteFile } from "./read-site.ts";
import { readYaml } from "./read-yaml.ts";
import { resolveJob } from "./resolve-job.ts";
import { resolvePaths } from "./resolve-paths.ts";

/**
 * Reads a job file, an absolute path, and gives it every default. Throws `usage` with all faults, a line
 * each with file, line and key; those that only show once the settings are put together come in a second go.
 */
export function readJob(path: string, home: Home, site: SiteFile, nowMs: number = Date.now()): Job {
  const { value, locate } = readYaml(path, liesBelow(path, home.root) ? relative(home.root, path) : path);
  const checked = checkAgainst(jobSchema, value);
  if ("faults" in checked) return refuse(checked.faults, locate);
  const input = resolvePaths(checked.value, dirname(path));
  const name = basename(path).replace(/\.ya?ml$/i, "");
  const { job, faults } = resolveJob(name, input, site, { defaults: site.defaults, nowMs });
  throwProblems(faults, locateEither(input, locate, site));
  return job;
}

/** A setting that the job leaves to the site's defaults is found there. */
function locateEither(input: JobInput, locate: Locate, site: SiteFile): Locate {
  return (path) => (isGiven(input, path) || !isGiven(site.defaults, path) ? locate(path) : site.locateDefault(path));
}

function isGiven(value: unknown, path: readonly (string | number)[]): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return value !== undefined;
  if (typeof value !== "object" || value === null) return false;
  return isGiven((value as Readonly<Record<string, unknown>>)[String(step)], rest);
}
