import { lstatSync } from "node:fs";
import { type Readers, readersOf } from "../../config/access-list.ts";
import { keepsModes, wrongMode } from "../../disk/modes.ts";
import type { Check } from "./check-scope.ts";

/** A file or folder and the permission bits that it was made with. */
export type Guarded = readonly [path: string, mode: number];

/**
 * Tells which of these others may read. By permission bits; on Windows by access lists, and there also for the folder
 * that the devices' folders stand in, in place of each of their files. What could not be asked is noted once.
 */
export function checkAccess(
  guarded: readonly Guarded[],
  { tell, notes, layout }: Pick<Check, "tell" | "notes" | "layout">,
  {
    system = process.platform,
    readers = readersOf,
  }: { readonly system?: NodeJS.Platform; readonly readers?: (path: string) => Readers } = {},
): void {
  if (keepsModes(system)) {
    checkModes(guarded, tell);
    return;
  }
  const paths = [layout.devices, ...guarded.map(([path]) => path)];
  for (const path of paths.filter((each) => lstatSync(each, { throwIfNoEntry: false }) !== undefined)) {
    const found = readers(path);
    if ("unknown" in found) {
      notes.add(`who else may read the lot's keys and passwords could not be found out: ${found.unknown}`);
      return;
    }
    if (found.others.length === 0) continue;
    const expected = "this user, SYSTEM and Administrators";
    tell({ externalId: "", what: `who may read ${path}`, expected, found: `also ${found.others.join(", ")}` });
  }
}

function checkModes(guarded: readonly Guarded[], tell: Check["tell"]): void {
  for (const [path, expected] of guarded) {
    const found = wrongMode(lstatSync(path, { throwIfNoEntry: false })?.mode ?? expected, expected);
    if (found === undefined) continue;
    tell({ externalId: "", what: `mode of ${path}`, expected: `0${expected.toString(8)}`, found });
  }
}
