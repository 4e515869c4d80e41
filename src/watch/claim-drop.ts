import { existsSync, lstatSync, rmSync } from "node:fs";
import { join } from "node:path";
import { diskError } from "../disk/disk-error.ts";
import { ensureFolder, syncFolder } from "../disk/durable.ts";
import type { DropLayout } from "../disk/layout.ts";
import { renameOver } from "../disk/rename.ts";
import { type Claim, dropClaim, writeClaim } from "./claims.ts";
import { readyMark } from "./find-drops.ts";
import { freeName } from "./free-name.ts";
import type { Refusal } from "./refuse-drop.ts";

/**
 * Moves a dropped file into work/ with one atomic rename, so that nobody else can take it and whoever writes to its
 * name from now on writes another file. What is remembered of it is written before: a crash between the two
 * leaves a claim without a file, which means nothing. A ready mark goes first: left behind, it would
 * vouch for the next file of that name. Returns the name in work/; undefined when the file has gone meanwhile.
 * Throws `disk-unwritable`; then the file is where it was, or in work/ with its claim, where the next look finds it.
 */
export function claimDrop(
  drop: DropLayout,
  name: string,
  asked: {
    readonly nowMs: number;
    readonly job: string | null;
    /** Where it lies, when that is not `name` in the drop folder. */
    readonly from?: Buffer | undefined;
    /** Why it is refused, when that can be told only from the name that it loses here. */
    readonly refusal?: Refusal | undefined;
  },
): { readonly workName: string; readonly claim: Claim } | undefined {
  const from = asked.from ?? join(drop.input, name);
  ensureFolder(drop.work);
  const workName = freeName(name, new Date(asked.nowMs), (candidate) => isThere(join(drop.work, candidate)));
  const claim: Claim = {
    name,
    claimedAtMs: asked.nowMs,
    lot: null,
    job: asked.job,
    starts: 0,
    filing: null,
    refusal: asked.refusal ?? null,
  };
  writeClaim(drop, workName, claim);
  try {
    removeMark(from);
    renameOver(from, join(drop.work, workName));
  } catch (error) {
    dropClaim(drop, workName);
    if (error instanceof Error && "code" in error && error.code === "ENOENT" && existsSync(drop.work)) return undefined;
    throw diskError(error, join(drop.input, name));
  }
  syncFolder(drop.work);
  syncFolder(drop.input);
  return { workName, claim };
}

/** A mark that is no file, or may not be removed, keeps no lot waiting. */
function removeMark(path: string | Buffer): void {
  try {
    rmSync(typeof path === "string" ? readyMark(path) : Buffer.from(readyMark(path.toString("latin1")), "latin1"), {
      force: true,
    });
  } catch {
    // It is looked at by nobody but this watcher.
  }
}

/** Also true for a link that leads nowhere. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
