import { existsSync, readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { PRIVATE_FILE, replaceShared, SHARED_FILE } from "../../disk/durable.ts";
import { type Home, ownerMark } from "../../disk/layout.ts";
import { placeNewFile } from "../../disk/place-new-file.ts";
import { removeLeftStaged } from "../../disk/staging.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/** Says whose a lot's folder is; in that folder, as JSON. */
interface OwnerMark {
  readonly version: 1;
  readonly ledger: string;
  readonly generation: string;
  readonly lot: string;
  /** Of a ledger that several places share; null for all others. */
  readonly place: string | null;
  /** The ledger's newest event when the owner last began to mint here: a copy of the ledger that went another way has others. */
  readonly ledgerHead: string;
  /** For people. */
  readonly home: string;
  readonly host: string;
}

/** Whose a folder is, as one home sees it. */
export type Ownership =
  | { readonly kind: "ours" }
  /** No mark: nobody's, or from before folders were marked. */
  | { readonly kind: "unmarked" }
  /** Of this ledger, from before a restore. */
  | { readonly kind: "earlier" }
  | { readonly kind: "foreign"; readonly reason: string };

type Reader = Pick<Ledger, "identity" | "hasEvent">;

/** Reads whose a lot's folder is. Never throws for what stands in the mark. */
export async function ownershipOf(ledger: Reader, lot: string, folder: string): Promise<Ownership> {
  const path = ownerMark(folder);
  if (!existsSync(path)) return { kind: "unmarked" };
  const mark = readMark(path);
  if (mark === undefined) {
    const cure = "if no other home uses the folder, remove that file and run again";
    return { kind: "foreign", reason: `${path} cannot be read, which says whose ${folder} is; ${cure}` };
  }
  const identity = await ledger.identity();
  if (mark.ledger !== identity.ledger) return foreign(folder, mark, "another home's");
  if (mark.lot !== lot) return foreign(folder, mark, "another lot's");
  if (identity.earlier.includes(mark.generation)) return { kind: "earlier" };
  if (mark.generation !== identity.generation) return foreign(folder, mark, "of a restored copy of this home");
  if (await ledger.hasEvent(mark.ledgerHead)) return { kind: "ours" };
  return foreign(folder, mark, "of another copy of this home, or this ledger is older than the folder");
}

function foreign(folder: string, { lot, home, host, ledger, generation }: OwnerMark, whose: string): Ownership {
  const owner = `lot ${JSON.stringify(lot)} of the home ${home} on ${host}, ledger ${ledger.slice(0, 8)}, generation ${generation}`;
  const cure = "go on in that home, or give this one another folder (secrets.folder) or lot name";
  return { kind: "foreign", reason: `${folder} is ${whose}: it belongs to ${owner}; ${cure}; nothing was overwritten` };
}

/** Refuses (`usage`, saying whose it is) a lot's folder that is marked and not by this home as it is now. */
export async function requireOwn(ledger: Reader, lot: string, folder: string): Promise<void> {
  const ownership = await ownershipOf(ledger, lot, folder);
  if (ownership.kind === "foreign") throw new OnboardingError(ownership.reason, { code: "usage" });
  if (ownership.kind === "earlier") {
    throw new OnboardingError(
      `${folder} was marked before this home was restored from a backup, and the home from before may still use it; if that one is gone for good, take the folder over with \`lotmint check ${lot}\`; nothing was overwritten`,
      { code: "usage" },
    );
  }
}

/**
 * Marks a lot's folder, which has to be there, as this ledger's from its present event on; the caller holds the lot.
 * Throws `usage` for a folder of another; of two homes that come at once the second finds the mark of the first.
 */
export async function markOwn(
  ledger: Reader & Pick<Ledger, "head">,
  home: Home,
  lot: string,
  folder: string,
): Promise<void> {
  await writeMark(ledger, home, lot, folder);
  await removeLeftMarks(ledger, home, lot, folder);
}

/**
 * Removes what a kill or a power cut left of marks beside the folder's own, if that is this home's; the caller holds the
 * lot, so that no process of this home writes one. What another home has just written it removes itself.
 */
export async function removeLeftMarks(ledger: Reader, home: Home, lot: string, folder: string): Promise<void> {
  if ((await ownershipOf(ledger, lot, folder)).kind !== "ours") return;
  const { generation } = await ledger.identity();
  removeLeftStaged(ownerMark(folder), (staged) => {
    const mark = readMark(staged);
    if (mark === undefined) return true;
    return mark.generation === generation && mark.lot === lot && mark.home === home.root && mark.host === hostname();
  });
}

async function writeMark(
  ledger: Reader & Pick<Ledger, "head">,
  home: Home,
  lot: string,
  folder: string,
): Promise<void> {
  const content = await newMark(ledger, home, lot);
  const { kind } = await ownershipOf(ledger, lot, folder);
  if (kind === "ours") return replaceShared(ownerMark(folder), content, modeIn(folder));
  if (kind === "unmarked") {
    try {
      return placeNewFile(ownerMark(folder), content, modeIn(folder));
    } catch (error) {
      // Somebody was faster; whose it is now is told below.
      if (!(error instanceof OnboardingError) || error.code !== "usage") throw error;
    }
  }
  await requireOwn(ledger, lot, folder);
}

/** Takes over a folder that an earlier generation of this ledger has marked; says whether there was anything to do. */
export async function takeOver(
  ledger: Reader & Pick<Ledger, "head">,
  home: Home,
  lot: string,
  folder: string,
): Promise<boolean> {
  if ((await ownershipOf(ledger, lot, folder)).kind !== "earlier") return false;
  replaceShared(ownerMark(folder), await newMark(ledger, home, lot), modeIn(folder));
  return true;
}

/** The mark holds no secret: every user who may list the folder may read it. */
function modeIn(folder: string): number {
  return (statSync(folder).mode & 0o077) === 0 ? PRIVATE_FILE : SHARED_FILE;
}

async function newMark(ledger: Pick<Ledger, "identity" | "head">, home: Home, lot: string): Promise<string> {
  const { ledger: id, generation } = await ledger.identity();
  // The newer one of the lot's chain and the site's: a copy that was made before it does not have it.
  const [own, site] = [await ledger.head(lot), await ledger.head()];
  const head = own !== undefined && (site === undefined || own.atMs >= site.atMs) ? own : site;
  const mark: OwnerMark = {
    version: 1,
    ledger: id,
    generation,
    lot,
    place: null,
    ledgerHead: head?.digest ?? "",
    home: home.root,
    host: hostname(),
  };
  return `${JSON.stringify(mark, null, 2)}\n`;
}

function readMark(path: string): OwnerMark | undefined {
  try {
    const mark = JSON.parse(readFileSync(path, "utf8")) as Partial<OwnerMark> | null;
    const texts = [mark?.ledger, mark?.generation, mark?.lot, mark?.ledgerHead, mark?.home, mark?.host];
    return texts.every((text) => typeof text === "string") ? (mark as OwnerMark) : undefined;
  } catch {
    return undefined;
  }
}
