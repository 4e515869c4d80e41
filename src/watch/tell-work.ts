import { basename } from "node:path";
import { remove, replaceFile } from "../disk/durable.ts";
import { waitingFile } from "../disk/layout.ts";
import { nounFor } from "../domain/noun-for.ts";
import { lotState } from "../report/lot-state.ts";
import { writeClaim } from "./claims.ts";
import type { Filed } from "./file-result.ts";
import type { LotOutcome } from "./lot-outcome.ts";
import { resultText, STOPPED_WORD, sendText, stoppedFileText, waitingText } from "./result-text.ts";
import type { WatchEvent } from "./send-events.ts";
import type { WatchOptions } from "./watch-options.ts";
import type { Work } from "./work.ts";

/** How it goes with files, told in the log, beside the file, and to others. */
export interface WorkTeller {
  /** It is tried again by itself; the same reason is told once. */
  waiting(work: Work, outcome: LotOutcome): void;
  /** Its lot is stopped. */
  stopped(work: Work): void;
  /** Its lot goes on. */
  resumed(work: Work): void;
  /** Tells others that it has come to its end, once; before that is so on the disk, so that a crash in between loses no event. */
  tellEnd(work: Work, outcome: LotOutcome, filed: Filed | undefined): void;
  /** It has come to its end. */
  end(work: Work, outcome: LotOutcome, filed: Filed | undefined): void;
  /** Tells each that has made no progress for too long, once. */
  stalled(works: Iterable<Work>): void;
}

export function tellWork(options: WatchOptions): WorkTeller {
  const { drop, calls, log, monotonic } = options;

  function tell(
    { claim, sends }: Work,
    event: WatchEvent["event"],
    outcome: LotOutcome | undefined,
    message: string,
    result: string | null,
    id?: string,
  ): void {
    const { name, lot, job } = claim;
    const figures = outcome === undefined ? {} : { counts: outcome.report.counts, rejects: outcome.report.rejects };
    const file = sends === true ? null : name;
    calls.tell({ event, file, lot, job, exitCode: outcome?.exitCode ?? null, message, result, ...figures }, id);
  }

  function endText({ sends, claim, path }: Work, outcome: LotOutcome, filed: Filed | undefined): string {
    if (sends === true) return sendText(outcome, claim.name);
    return filed?.text ?? resultText(outcome, { name: claim.name, filed: path, input: basename(drop.input) });
  }

  /** Beside the file, and in its claim for `status`. It is for convenience; a disk without room for it is told of elsewhere. */
  function layBeside(work: Work, reason: string, textOf: (sinceMs: number) => string): void {
    if (!work.claimed) return;
    const sinceMs = options.now();
    try {
      work.claim = { ...work.claim, waiting: { reason, sinceMs } };
      writeClaim(drop, basename(work.path), work.claim);
      replaceFile(waitingFile(work.path), textOf(sinceMs));
    } catch {
      // As above.
    }
  }

  return {
    waiting: (work, outcome) => {
      const { claim } = work;
      const { exitCode } = outcome;
      const { word } = lotState(exitCode);
      work.stuckMs ??= monotonic();
      if (work.waitingFor === exitCode) return;
      work.waitingFor = exitCode;
      const reason = outcome.problem ?? word;
      log.warn(
        { file: claim.name, lot: claim.lot, exitCode, reason },
        `${claim.name} is tried again by itself: ${reason}`,
      );
      if ([1, 15].includes(exitCode) && !work.toldFailed) {
        work.toldFailed = true;
        tell(work, "failed", outcome, `${claim.name}: ${word}`, null);
      }
      layBeside(work, word, (sinceMs) => waitingText(claim.name, exitCode, sinceMs));
    },

    stopped: (work) => {
      work.waitingFor = undefined;
      work.stuckMs = undefined;
      layBeside(work, STOPPED_WORD, (sinceMs) => stoppedFileText(work.claim.name, sinceMs));
    },

    resumed: (work) => {
      if (!work.claimed) return;
      const { waiting, ...claim } = work.claim;
      try {
        work.claim = claim;
        if (waiting !== undefined) writeClaim(drop, basename(work.path), claim);
        remove(waitingFile(work.path));
      } catch {
        // As above.
      }
    },

    tellEnd: (work, outcome, filed) => {
      if (work.toldEnd) return;
      work.toldEnd = true;
      const { exitCode } = outcome;
      const kind = exitCode === 0 ? "done" : exitCode === 3 ? "partial" : "failed";
      const message = endText(work, outcome, filed).split("\n")[0] ?? "";
      tell(work, kind, outcome, message, filed?.result ?? null, filed?.event);
    },

    end: (work, outcome, filed) => {
      const { claim, planned } = work;
      const { exitCode } = outcome;
      const text = endText(work, outcome, filed);
      const message = text.split("\n")[0] ?? "";
      const fields = { file: claim.name, lot: claim.lot, job: claim.job, exitCode };
      if (exitCode === 0) log.info(fields, message);
      else if (exitCode === 3) log.warn(fields, message);
      else
        log.error(
          { ...fields, reason: outcome.problem },
          outcome.problem === undefined ? message : `${message} ${outcome.problem}`,
        );
      if (planned !== undefined && !work.claimed) calls.plannedEnded(planned, work.folder === "done");
      calls.onEnd({ name: work.sends === true ? null : claim.name, outcome, text });
    },

    stalled: (works) => {
      const nowMs = monotonic();
      for (const work of works) {
        // Whatever it waits for, and also a run that hangs; a stopped lot waits for a person.
        const sinceMs = work.state === "active" ? work.movedMs : work.stopped ? undefined : work.stuckMs;
        if (work.toldStalled || sinceMs === undefined || nowMs - sinceMs < options.stalledMs) continue;
        work.toldStalled = true;
        const minutes = Math.round((nowMs - sinceMs) / 60_000);
        const why = work.waitingFor === undefined ? "" : `: ${lotState(work.waitingFor).word}`;
        const message = `${work.claim.name} has made no progress for ${minutes} ${nounFor(minutes, "minute")}${why}`;
        log.warn({ file: work.claim.name, lot: work.claim.lot }, message);
        tell(work, "stalled", undefined, message, null);
      }
    },
  };
}
