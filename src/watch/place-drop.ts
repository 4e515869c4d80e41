import { createHash } from "node:crypto";
import { constants, createReadStream, existsSync, lstatSync, rmSync } from "node:fs";
import { chmod, copyFile, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { diskError } from "../disk/disk-error.ts";
import { moveIntoVacant, PRIVATE_FILE, syncFolder } from "../disk/durable.ts";
import { stagingName } from "../disk/staging.ts";
import { OnboardingError } from "../domain/error.ts";
import { isThere } from "./claim-drop.ts";
import { isDropName, safeDropName } from "./drop-name.ts";
import { readyMark } from "./find-drops.ts";
import { freeName } from "./free-name.ts";

export interface PlaceOptions {
  /** The drop folder. */
  readonly input: string;
  readonly now: Date;
  /** Called with the name and the file's digest (SHA-256, hex) before it is there; what it throws ends the placing. */
  readonly record: (file: { readonly name: string; readonly sha256: string }) => Promise<void>;
}

/**
 * Moves the file at `path` into the drop folder under `name`, made safe and free: whole or not at all, also from another
 * file system, and never over another file. It is marked as ready, so that it is taken at once. Returns its name there. Throws
 * `usage` for a name that is none of a manifest and for a path that is no file, and `disk-unwritable`; then the file stays at `path`.
 */
export async function placeDrop(path: string, name: string, { input, now, record }: PlaceOptions): Promise<string> {
  const safe = safeDropName(name);
  if (!isDropName(safe)) {
    throw new OnboardingError(
      `${JSON.stringify(name)} cannot be the name of a manifest: it has to end in .csv, .tsv or .txt`,
      { code: "usage" },
    );
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new OnboardingError(`${path} is not a file`, { code: "usage" });
  }
  if (!existsSync(input)) {
    throw new OnboardingError(`${input} is gone; nothing can be dropped until it is back`, { code: "disk-unwritable" });
  }
  const sha256 = await digestOf(path);
  await syncFile(path, input);
  let near = path;
  let recorded: string | undefined;
  try {
    for (;;) {
      const free = freeName(safe, now, (candidate) => isTaken(join(input, candidate)));
      if (recorded !== free) await record({ name: free, sha256 });
      recorded = free;
      // Recording takes a moment.
      if (isTaken(join(input, free))) continue;
      const problem = moveThere(near, join(input, free));
      if (problem === undefined) {
        if (near !== path) rmSync(path, { force: true });
        await markReady(join(input, free));
        return free;
      }
      if (near !== path || !isOtherFileSystem(problem)) throw problem;
      near = await copyNear(path, input);
    }
  } finally {
    if (near !== path) rmSync(near, { force: true });
  }
}

/** A ready mark of a file that is gone would vouch for this one before it is there. */
function isTaken(path: string): boolean {
  return isThere(path) || isThere(readyMark(path));
}

async function digestOf(path: string): Promise<string> {
  const digest = createHash("sha256");
  try {
    await pipeline(createReadStream(path), digest);
  } catch (error) {
    throw diskError(error, path);
  }
  return digest.digest("hex");
}

async function syncFile(path: string, about: string): Promise<void> {
  try {
    const file = await open(path, "r+");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw diskError(error, about);
  }
}

/** A hidden, synced and private copy of it in the drop folder. */
async function copyNear(path: string, input: string): Promise<string> {
  const near = join(input, stagingName(basename(path)));
  try {
    await copyFile(path, near, constants.COPYFILE_EXCL);
    await chmod(near, PRIVATE_FILE);
  } catch (error) {
    rmSync(near, { force: true });
    throw diskError(error, input);
  }
  await syncFile(near, input);
  return near;
}

function moveThere(from: string, to: string): unknown {
  try {
    moveIntoVacant(from, to);
    syncFolder(dirname(to));
    return undefined;
  } catch (error) {
    return error;
  }
}

function isOtherFileSystem(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "EXDEV";
}

/** Without the mark the file is taken all the same, once it has stood still. */
async function markReady(path: string): Promise<void> {
  try {
    await (await open(readyMark(path), "wx", PRIVATE_FILE)).close();
  } catch {
    // As above.
  }
}
