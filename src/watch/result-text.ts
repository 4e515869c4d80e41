import { nounFor } from "../domain/noun-for.ts";
import { lotState, whoCanAct } from "../report/lot-state.ts";
import { count, localTime, plainText } from "../report/plain-text.ts";
import type { LotOutcome } from "./lot-outcome.ts";

/** Where the reader finds what the text speaks of. */
export interface ResultPlaces {
  /** The file's own name. */
  readonly name: string;
  /** Where the file has been put, as the person who dropped it sees it: `input/done/LOT-A.csv`. */
  readonly filed: string;
  /** The drop folder, seen likewise. */
  readonly input: string;
  /** Where its rejected rows are, seen likewise; absent: in the lot's output folder. */
  readonly rejects?: string;
}

const MAX_PROBLEM = 600;

/** DONE, PARTIAL or FAILED. */
function resultWord(exitCode: number): "DONE" | "PARTIAL" | "FAILED" {
  return exitCode === 0 ? "DONE" : exitCode === 3 ? "PARTIAL" : "FAILED";
}

/**
 * What the operator reads beside the manifest: how it went as the first word, and what to do, in three lines at
 * most, with the path of the file to correct.
 */
export function resultText(outcome: LotOutcome, places: ResultPlaces): string {
  const { exitCode } = outcome;
  const lines =
    exitCode === 0 ? doneLines(outcome) : exitCode === 3 ? partialLines(outcome, places) : failedLines(outcome, places);
  return `${[`${resultWord(exitCode)}  ${lines[0] ?? ""}`, ...lines.slice(1)].join("\n")}\n`;
}

function doneLines({ report, unchanged, places }: LotOutcome): readonly string[] {
  const { done } = tally(report);
  const first =
    unchanged === true
      ? `Lot ${plainText(report.lot)}: nothing to do; ${all(done)} done already.`
      : `Lot ${plainText(report.lot)}: ${all(done)} done.`;
  return places === undefined ? [first] : [first, `What they got is in ${plainText(places.folder)}`];
}

function partialLines(
  { report, unchanged, places }: LotOutcome,
  { name, input, rejects }: ResultPlaces,
): readonly string[] {
  const { done, rejected } = tally(report);
  const noun = nounFor(rejected, "row is", "rows are");
  const nothing = unchanged === true ? "nothing new to do; " : "";
  const first = `Lot ${plainText(report.lot)}: ${nothing}${devices(done)} done, ${count(rejected)} ${noun} rejected.`;
  const path = plainText(rejects ?? places?.rejects ?? "rejects.csv");
  if (report.secretColumns !== undefined) {
    return [
      first,
      `Correct these rows in ${plainText(name)} itself (${path} says what is wrong, without secret columns),`,
      `and drop it into ${plainText(input)} again: it completes the lot.`,
    ];
  }
  return [
    first,
    `Correct the rows in ${path} (its last column says what is wrong)`,
    `and drop that file into ${plainText(input)} again: it completes the lot.`,
  ];
}

function failedLines(
  { exitCode, problem = "", cure, concerns }: LotOutcome,
  { name, filed, input }: ResultPlaces,
): readonly string[] {
  const { word } = lotState(exitCode);
  const told =
    cure ??
    (concerns === "manifest"
      ? `Correct that in ${plainText(filed)} and drop it`
      : concerns === "name"
        ? `Give ${plainText(filed)} the right name, or call the engineer, and drop it`
        : `Call the engineer; once that is corrected, drop ${plainText(filed)}`);
  return [
    `${plainText(name)}: ${exitCode === 2 ? "refused, nothing was started" : word}.`,
    oneLine(problem),
    `${told} into ${plainText(input)} again.`,
  ];
}

/** What lies beside a file in work/ that waits: for what, since when, and who has to do something. */
export function waitingText(name: string, exitCode: number, sinceMs: number): string {
  const who = whoCanAct(exitCode) === "nobody" ? "Nothing has to be done." : "Call the engineer.";
  return `WAITING  ${plainText(name)}: ${lotState(exitCode).word}, since ${localTime(sinceMs)}.
${who} It is tried again by itself; nothing is lost, and nothing has to be dropped again.
`;
}

/** Several errors, a line each, become the first of them and a number. */
function oneLine(problem: string): string {
  const lines = problem.split("\n").filter((line) => line.trim() !== "");
  const first = plainText(lines[0] ?? "no reason was given");
  const short = first.length > MAX_PROBLEM ? `${first.slice(0, MAX_PROBLEM)}…` : first;
  return lines.length > 1 ? `${short} (and ${lines.length - 1} more, in the .result.json)` : short;
}

function all(done: number): string {
  return done > 1 ? `all ${devices(done)}` : devices(done);
}

function devices(done: number): string {
  return `${count(done)} ${nounFor(done, "device is", "devices are")}`;
}

function tally({ counts, rejects }: LotOutcome["report"]): { readonly done: number; readonly rejected: number } {
  const known = Object.values(counts).reduce((sum, of) => sum + of, 0);
  return {
    done: known - counts.rejected - counts.revoked,
    rejected: Object.values(rejects).reduce((sum, of) => sum + of, 0),
  };
}
