import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureFolder, moveInto, PRIVATE_FOLDER, remove, syncFolder, syncTree, writeNew } from "../disk/durable.ts";
import { type AuthorityLayout, authorityLayout, type Home } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";

/** File name -> content; 0600 unless said otherwise. */
export type NewFiles = Readonly<Record<string, { readonly content: string; readonly mode?: number }>>;

/**
 * Puts a new authority's folder in place whole and durable: written aside, synced, renamed, the name
 * synced. On any fault nothing is left. A name that is taken is `usage`.
 */
export async function placeAuthority(home: Home, name: string, files: NewFiles): Promise<void> {
  const aside = `.${name}.new`;
  ensureFolder(home.state, PRIVATE_FOLDER);
  ensureFolder(home.authorities, PRIVATE_FOLDER);
  const folder = join(home.authorities, aside);
  // What a killed creation left: it never counted, and its key has signed nothing but itself.
  remove(folder);
  ensureFolder(folder, PRIVATE_FOLDER);
  const layout = authorityLayout(home, name);
  const made = [folder];
  try {
    for (const [file, { content, mode }] of Object.entries(files)) writeNew(join(folder, file), content, mode);
    await syncTree(folder);
    checkFree(name, layout);
    moveInto(folder, layout.folder);
    made.push(layout.folder);
    syncFolder(home.authorities);
  } catch (error) {
    for (const place of made) remove(place);
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
