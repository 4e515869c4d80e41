import type { LotReport } from "../domain/report.ts";

/** How a lot stands after it has been tried. */
export interface LotOutcome {
  readonly exitCode: number;
  /** The lot's report; of a file that was refused, one without figures. */
  readonly report: LotReport;
  /** What ended it, for the code that is neither 0 nor 3: what is wrong and what to do. */
  readonly fault?: string;
  /** How to correct it, where that is not what the exit code says; goes before "into the drop folder again". */
  readonly cure?: string;
  /** What of it whoever dropped the file can correct; undefined: the engineer has to. */
  readonly concerns?: "manifest" | "name";
  /** True when there was nothing to do. */
  readonly unchanged?: boolean;
  /** The lot's output folder and its file to correct; undefined when the file never became a lot. */
  readonly places?: { readonly folder: string; readonly rejects: string };
}

/** What becomes of the file. */
export type Verdict = "done" | "rejected" | "again" | "stopped";

/** A defect may be one of the moment, such as memory that ran out; after so many tries it is the file's. */
const TRIES_WITH_A_DEFECT = 3;

/**
 * What the watcher does after a try. What only the world can mend is tried again: a lot that another run holds, a
 * platform, a disk, a clock, a ledger. What somebody has to decide is turned down: a bad file or job, an issuer that
 * cannot sign, a platform that says no.
 */
export function judge(exitCode: number, tries: number): Verdict {
  switch (exitCode) {
    case 0:
    case 3:
      return "done";
    case 11:
    case 13:
    case 14:
    case 15:
    case 16:
      return "again";
    case 130:
      return "stopped";
    case 1:
      return tries < TRIES_WITH_A_DEFECT ? "again" : "rejected";
    default:
      return "rejected";
  }
}
