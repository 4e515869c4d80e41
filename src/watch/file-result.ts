import { join } from "node:path";
import { diskError } from "../disk/disk-error.ts";
import { ensureFolder, remove, replaceFile, SHARED_FILE, syncFolder } from "../disk/durable.ts";
import { type DropLayout, resultFiles, waitingFile } from "../disk/layout.ts";
import { renameOver } from "../disk/rename.ts";
import { OnboardingError } from "../domain/error.ts";
import { reportJson } from "../report/report-json.ts";
import { isThere } from "./claim-drop.ts";
import { type Claim, dropClaim, writeClaim } from "./claims.ts";
import { freeName } from "./free-name.ts";
import type { LotOutcome } from "./lot-outcome.ts";
import { resultText } from "./result-text.ts";

export interface Filed {
  /** Where the manifest lies now. */
  readonly path: string;
  /** Where its result's text lies. */
  readonly result: string;
  readonly text: string;
}

/**
 * Puts a file from work/ into done/ or rejected/, with its results beside it: first the name it gets is recorded,
 * then the results are written, then it is moved, so that a crash at any moment leaves it in work/ to be
 * filed again under the same name, or done. Nothing that lies there is overwritten. Throws `disk-unwritable`;
 * then it can be called again.
 */
export function fileResult(
  drop: DropLayout,
  workName: string,
  claim: Claim,
  outcome: LotOutcome,
  asked: { readonly folder: "done" | "rejected"; readonly nowMs: number },
): Filed {
  const folder = drop[asked.folder];
  const from = join(drop.work, workName);
  requireFolder(drop.work);
  ensureFolder(folder);
  const isTaken = (name: string) =>
    [join(folder, name), ...Object.values(resultFiles(join(folder, name)))].some((path) => isThere(path));
  const name =
    claim.filing?.folder === asked.folder ? claim.filing.name : freeName(claim.name, new Date(asked.nowMs), isTaken);
  writeClaim(drop, workName, { ...claim, filing: { folder: asked.folder, name } });
  const to = join(folder, name);
  const files = resultFiles(to);
  // Faults name the file where it was when it was read.
  const said = (words: string) => words.replaceAll(from, to);
  const fault = outcome.fault === undefined ? {} : { fault: said(outcome.fault) };
  const text = resultText({ ...outcome, ...fault }, { name: claim.name, filed: to, input: drop.input });
  const notes = [...outcome.report.notes.map(said), ...Object.values(fault)];
  replaceFile(files.json, reportJson({ ...outcome.report, notes: [...new Set(notes)] }), SHARED_FILE);
  replaceFile(files.text, text, SHARED_FILE);
  move(from, to);
  remove(waitingFile(from));
  dropClaim(drop, workName);
  return { path: to, result: files.text, text };
}

/** A share that is gone leaves an empty folder in its place: nothing must be filed into that. */
function requireFolder(path: string): void {
  if (isThere(path)) return;
  throw new OnboardingError(`${path} is gone; the results are filed when it is back`, { code: "disk-unwritable" });
}

/** A file that has gone from work/ meanwhile has been moved before, or somebody has taken it; its results stand. */
function move(from: string, to: string): void {
  if (!isThere(from)) return;
  try {
    renameOver(from, to);
  } catch (error) {
    throw diskError(error, to);
  }
  syncFolder(join(to, ".."));
  syncFolder(join(from, ".."));
}
