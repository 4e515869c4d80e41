import { dirname } from "node:path";
import type { LotLayout } from "../../disk/layout.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { makeFolders } from "../../mint/mint-lot.ts";
import { markOwn, ownershipOf, removeLeftMarks, requireOwn, takeOver } from "../lot/owner-mark.ts";
import type { RunTools } from "../lot/run-tools.ts";
import { requireFitting } from "./require-fitting.ts";

/** The folders of a lot that are marked: a folder for passwords inside output/<lot>/ is under that one's mark. */
function markedFolders({ folder, secrets }: LotLayout): readonly string[] {
  return dirname(secrets) === folder ? [folder] : [folder, secrets];
}

/**
 * Refuses (`usage`) to go on with a lot whose folders belong to another home, or, without a mark, hold passwords
 * that do not fit what the ledger knows. A folder that is not there is nobody's. Changes nothing.
 */
export async function requireOwnFolders(ledger: Ledger, lot: string, layout: LotLayout): Promise<void> {
  for (const folder of markedFolders(layout)) await requireOwn(ledger, lot, folder);
  const [, apart = layout.folder] = markedFolders(layout);
  if ((await ownershipOf(ledger, lot, apart)).kind === "unmarked") await requireFitting(ledger, lot, layout);
}

/** Makes the folders that minting writes to, and marks them as this ledger's, before anything is reserved. Throws as `requireOwnFolders`. */
export async function claimFolders(
  { ledger, home }: Pick<RunTools, "ledger" | "home">,
  lot: string,
  layout: LotLayout,
): Promise<void> {
  await requireOwnFolders(ledger, lot, layout);
  makeFolders(layout);
  for (const folder of markedFolders(layout)) await markOwn(ledger, home, lot, folder);
}

/** Removes what a killed run of this home left beside its marks in the folders of a lot that the caller holds. */
export async function clearLeftMarks(
  { ledger, home }: Pick<RunTools, "ledger" | "home">,
  lot: string,
  layout: LotLayout,
): Promise<void> {
  for (const folder of markedFolders(layout)) await removeLeftMarks(ledger, home, lot, folder);
}

/** What is wrong with whose the lot's folders are, in a sentence each. */
export async function foreignFolders(ledger: Ledger, lot: string, layout: LotLayout): Promise<readonly string[]> {
  const reasons: string[] = [];
  for (const folder of markedFolders(layout)) {
    const ownership = await ownershipOf(ledger, lot, folder);
    if (ownership.kind === "foreign") reasons.push(ownership.reason);
  }
  return reasons;
}

/** True when an earlier generation of this ledger has marked any of the lot's folders. */
export async function isMarkedEarlier(ledger: Ledger, lot: string, layout: LotLayout): Promise<boolean> {
  for (const folder of markedFolders(layout)) {
    if ((await ownershipOf(ledger, lot, folder)).kind === "earlier") return true;
  }
  return false;
}

/** Makes the folders of a lot that an earlier generation of this ledger marked this one's; names them. */
export async function takeOverFolders(
  { ledger, home }: Pick<RunTools, "ledger" | "home">,
  lot: string,
  layout: LotLayout,
): Promise<readonly string[]> {
  const taken: string[] = [];
  for (const folder of markedFolders(layout)) {
    if (await takeOver(ledger, home, lot, folder)) taken.push(folder);
  }
  return taken;
}
