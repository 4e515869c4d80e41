import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureFolder, moveInto, PRIVATE_FOLDER, remove, syncFolder, writeNew } from "../disk/durable.ts";
import { type AuthorityLayout, authorityLayout, type Home } from "../disk/layout.ts";
import { removeStaged, stagingName } from "../disk/staging.ts";
import { openSyncPoint } from "../disk/sync-point.ts";
import { OnboardingError } from "../domain/error.ts";

/** File name -> content; 0600 unless said otherwise. */
export type NewFiles = Readonly<Record<string, { readonly content: string; readonly mode?: number }>>;

/**
 * Puts a new authority's folder in place whole and durable: written aside, synced, renamed, the name
 * synced. On any error nothing is left. A name that is taken is `usage`.
 */
export async function placeAuthority(home: Home, name: string, files: NewFiles): Promise<void> {
  ensureFolder(home.state, PRIVATE_FOLDER);
  ensureFolder(home.authorities, PRIVATE_FOLDER);
  const disk = openSyncPoint(home.authorities);
  const folder = join(home.authorities, stagingName(name));
  ensureFolder(folder, PRIVATE_FOLDER);
  // What killed creations left: they never counted, and their keys have signed nothing but themselves.
  removeStaged(folder, name);
  const layout = authorityLayout(home, name);
  const made = [folder];
  try {
    for (const [file, { content, mode }] of Object.entries(files)) writeNew(join(folder, file), content, mode);
    await disk.sync([folder]);
    checkFree(name, layout);
    moveAuthority(folder, name, layout);
    made.push(layout.folder);
    syncFolder(home.authorities);
  } catch (error) {
    for (const place of made) remove(place);
    throw error;
  } finally {
    disk.close();
  }
}

/** A rename never takes the place of a folder that holds anything: of two that make the same name at once, one comes first. */
function moveAuthority(folder: string, name: string, layout: AuthorityLayout): void {
  try {
    moveInto(folder, layout.folder);
  } catch (error) {
    checkFree(name, layout);
    throw error;
  }
}

/** Refuses (`usage`) a name that is taken: keys are not overwritten. */
export function checkFree(name: string, layout: AuthorityLayout): void {
  if (!existsSync(layout.folder)) return;
  throw new OnboardingError(
    `there is an authority ${name} already, in ${layout.folder}; authorities are never overwritten, choose another name`,
    { code: "usage" },
  );
}
