import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Home } from "../disk/layout.ts";
import { matchesManifest } from "./find-manifests.ts";
import { type ListedJob, listJobs } from "./list-jobs.ts";
import type { SiteFile } from "./read-site.ts";

/** The jobs in jobs/ whose pattern matches a manifest (absolute path), by name; a job file that cannot be read is left out. */
export function jobsOfManifest(path: string, home: Home, site: Pick<SiteFile, "defaults">): readonly ListedJob[] {
  const real = realFolder(path);
  return listJobs(home, site).filter(
    ({ manifest }) =>
      manifest !== undefined && (matchesManifest(manifest, path) || matchesManifest(realFolder(manifest), real)),
  );
}

/** The home may be named by a link, and the current folder without it. */
function realFolder(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
