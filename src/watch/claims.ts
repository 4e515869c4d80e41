import { existsSync, readdirSync, readFileSync } from "node:fs";
import { ensureFolder, PRIVATE_FILE, PRIVATE_FOLDER, remove, replaceFile } from "../disk/durable.ts";
import { claimFile, type DropLayout } from "../disk/layout.ts";
import { isDropName } from "./drop-name.ts";
import type { Refusal } from "./refuse-drop.ts";

/** The record of a file in work/, so that a restart continues with it. */
export interface Claim {
  /** The name that it was dropped under. */
  readonly name: string;
  /** Wall clock: it stands for {date} in the lot's name, whenever the file is tried again. */
  readonly claimedAtMs: number;
  /** Null until it is known. */
  readonly lot: string | null;
  readonly job: string | null;
  /** How often work on it was begun and not finished, since the watcher itself was killed. */
  readonly starts: number;
  /** Where it is going, once its lot has ended and its results are being written. */
  readonly filing: {
    readonly folder: "done" | "rejected";
    readonly name: string;
    /** What the file with its rejected rows is called; absent where there are none. */
    readonly rejects?: string;
    /** The id of the event that tells of it, so that it is told under the same one after a crash. Absent where an earlier lotmint filed it. */
    readonly event?: string;
  } | null;
  /** Why it is refused, where that could be told only from the name that it was dropped under. */
  readonly refusal?: Refusal | null;
  /** What it was found to wait for when it was last tried, and since when; absent: it has not had to wait. */
  readonly waiting?: { readonly reason: string; readonly sinceMs: number };
}

/** The claims of all files that are in work/ now, the first claimed first; none where there is no such folder. */
export function readClaims(drop: DropLayout): readonly Claim[] {
  if (!existsSync(drop.work)) return [];
  const claims = readdirSync(drop.work)
    .filter(isDropName)
    .map((name) => readClaim(drop, name));
  return claims.filter((claim) => claim !== undefined).toSorted((a, b) => a.claimedAtMs - b.claimedAtMs);
}

/** The claim of a file in work/; undefined when there is none, or none that could be understood. */
export function readClaim(drop: DropLayout, workName: string): Claim | undefined {
  try {
    const claim = JSON.parse(readFileSync(claimFile(drop, workName), "utf8")) as Partial<Claim>;
    const { name, claimedAtMs, lot = null, job = null, filing = null, refusal = null, starts = 0, waiting } = claim;
    return typeof name === "string" && typeof claimedAtMs === "number" && typeof starts === "number"
      ? { name, claimedAtMs, lot, job, starts, filing, refusal, ...(waiting !== undefined && { waiting }) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Writes it durably. Throws `disk-unwritable`. */
export function writeClaim(drop: DropLayout, workName: string, claim: Claim): void {
  ensureFolder(drop.claims, PRIVATE_FOLDER);
  replaceFile(claimFile(drop, workName), `${JSON.stringify({ workName, ...claim })}\n`, PRIVATE_FILE);
}

/** Forgets a file that is in work/ no more. */
export function dropClaim(drop: DropLayout, workName: string): void {
  remove(claimFile(drop, workName));
}
