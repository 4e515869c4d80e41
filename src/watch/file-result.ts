import { basename, dirname, join, parse, relative } from "node:path";
import { copyFile } from "../disk/copy-file.ts";
import { diskError } from "../disk/disk-error.ts";
import { ensureFolder, remove, replaceFile, SHARED_FILE, syncFolder } from "../disk/durable.ts";
import { type DropLayout, resultFiles, waitingFile } from "../disk/layout.ts";
import { renameOver } from "../disk/rename.ts";
import { OnboardingError } from "../domain/error.ts";
import { EXIT } from "../domain/exit-code.ts";
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
  /** The id of the event that tells of it. */
  readonly event: string;
}

/**
 * Puts a file from work/ into done/ or rejected/, with its results beside it: first the name it gets is recorded,
 * then the results are written and `tell` is called, then it is moved, so that a crash at any moment leaves it in work/ to be
 * filed and told of again under the same name and event, or done. Nothing that lies there is overwritten. Throws `disk-unwritable`;
 * then it can be called again.
 */
export function fileResult(
  drop: DropLayout,
  workName: string,
  claim: Claim,
  outcome: LotOutcome,
  asked: {
    readonly folder: "done" | "rejected";
    readonly nowMs: number;
    readonly newId: () => string;
    readonly tell: (filed: Filed) => void;
  },
): Filed {
  const folder = drop[asked.folder];
  const from = join(drop.work, workName);
  requireFolder(drop.work);
  ensureFolder(folder);
  const isTaken = (name: string) =>
    [join(folder, name), ...Object.values(resultFiles(join(folder, name)))].some((path) => isThere(path));
  const source = rejectsToFile(outcome);
  const filing =
    claim.filing?.folder === asked.folder
      ? claim.filing
      : nameFiles(claim.name, new Date(asked.nowMs), isTaken, source !== undefined);
  const { name, rejects, event = asked.newId() } = filing;
  writeClaim(drop, workName, { ...claim, filing: { ...filing, event, folder: asked.folder } });
  const to = join(folder, name);
  const files = resultFiles(to);
  // Who drops files sees them on a share, where this machine's paths mean nothing.
  const shown = (file: string) => join(basename(drop.input), asked.folder, file);
  // Errors name the file where it was when it was read.
  const said = (message: string) => message.replaceAll(from, shown(name));
  const problem = outcome.problem === undefined ? {} : { problem: said(outcome.problem) };
  const { places } = outcome;
  const seen = places && { places: { ...places, folder: relative(dirname(drop.input), places.folder) } };
  const text = resultText(
    { ...outcome, ...problem, ...seen },
    {
      name: claim.name,
      filed: shown(name),
      input: basename(drop.input),
      ...(rejects !== undefined && { rejects: shown(rejects) }),
    },
  );
  const notes = [...outcome.report.notes.map(said), ...Object.values(problem)];
  replaceFile(files.json, reportJson({ ...outcome.report, notes: [...new Set(notes)] }), SHARED_FILE);
  if (source !== undefined && rejects !== undefined) copyFile(source, join(folder, rejects));
  replaceFile(files.text, text, SHARED_FILE);
  const filed = { path: to, result: files.text, text, event };
  asked.tell(filed);
  move(from, to);
  remove(waitingFile(from));
  dropClaim(drop, workName);
  return filed;
}

/** The lot's rejects.csv, where rows of it are to be corrected; undefined where there is none. */
function rejectsToFile({ exitCode, places }: LotOutcome): string | undefined {
  return exitCode === EXIT.rejected && places !== undefined && isThere(places.rejects) ? places.rejects : undefined;
}

/**
 * Free names for a manifest and for its rejected rows: LOT-A.csv and LOT-A.rejects.csv; of LOT-A.rejects.csv itself,
 * which has been corrected and dropped, LOT-A.rejects-2.csv.
 */
function nameFiles(
  name: string,
  now: Date,
  isTaken: (name: string) => boolean,
  hasRejects: boolean,
): { readonly name: string; readonly rejects?: string; readonly event?: string } {
  const filed = freeName(name, now, isTaken);
  if (!hasRejects) return { name: filed };
  const stem = parse(filed).name.replace(/\.rejects(-[\d-]+)?$/i, "");
  for (let number = 1; ; number += 1) {
    const rejects = `${stem}.rejects${number === 1 ? "" : `-${number}`}.csv`;
    if (rejects !== filed && !isTaken(rejects)) return { name: filed, rejects };
  }
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
