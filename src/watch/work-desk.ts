import { basename, join } from "node:path";
import { diskError, strayDiskError } from "../disk/disk-error.ts";
import { remove, replaceFile } from "../disk/durable.ts";
import { waitingFile } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import { exitCodeOf, worstExitCode } from "../domain/exit-code.ts";
import { nounFor } from "../domain/noun-for.ts";
import { lotState } from "../report/lot-state.ts";
import { isThere } from "./claim-drop.ts";
import { type Claim, dropClaim, writeClaim } from "./claims.ts";
import { errorOutcome } from "./error-outcome.ts";
import { type Filed, fileResult } from "./file-result.ts";
import { judge, type LotOutcome } from "./lot-outcome.ts";
import { isReadable } from "./refuse-drop.ts";
import { resultText, waitingText } from "./result-text.ts";
import type { Troubles } from "./troubles.ts";
import type { PlannedFile, WatchOptions } from "./watch-options.ts";
import { makeWorkQueue } from "./work-queue.ts";

const TRY_AGAIN_MS = 5_000;

/** A file that is to be worked on. */
export interface NewWork {
  readonly path: string;
  readonly claim: Claim;
  /** False: it lies outside the drop folder, is run where it is, and stays there. */
  readonly claimed: boolean;
  readonly planned: PlannedFile | undefined;
}

interface Work extends NewWork {
  claim: Claim;
  readonly order: number;
  readonly about: string;
  tries: number;
  state: "resolve" | "queue" | "active" | "file";
  outcome: LotOutcome | undefined;
  folder: "done" | "rejected";
  /** Not before this is it resolved or filed again. */
  notBeforeMs: number;
  /** Since when it makes no progress; undefined while it does. */
  stuckMs: number | undefined;
  movedMs: number;
  toldStalled: boolean;
  toldFailed: boolean;
  waitingFor: number | undefined;
}

/** The files that have been claimed or are due: resolved, run, filed. */
export interface WorkDesk {
  has(path: string): boolean;
  add(work: NewWork): void;
  /** Adds a file that is rejected before anything of it is read. */
  refuse(work: NewWork, outcome: LotOutcome): void;
  /** Of the claimed files, those that have gone from work/ without our doing are forgotten. */
  forgetGone(stillThere: ReadonlySet<string>): void;
  /** Takes in what has ended, files it, finds lots and jobs, and starts what may be started. */
  turn(): Promise<void>;
  /** Waits for what runs and files what has ended; starts nothing. */
  finish(): Promise<void>;
  /** True when each file has been tried and nothing is under way. */
  readonly idle: boolean;
  /** The worst exit code of all tries so far. */
  readonly exitCode: number;
  noteExitCode(exitCode: number): void;
}

/** `ring` is called when something has ended that `turn` should look at. */
export function openWorkDesk(options: WatchOptions, troubles: Troubles, ring: () => void): WorkDesk {
  const { drop, calls, log, monotonic } = options;
  const works = new Map<string, Work>();
  const queue = makeWorkQueue(options.lotsAtOnce, options.pauses);
  const active = new Set<Promise<void>>();
  const ended: { readonly work: Work; readonly outcome: LotOutcome }[] = [];
  let order = 0;
  let exitCode = 0;

  const noteExitCode = (code: number) => {
    exitCode = worstExitCode([exitCode, code]);
  };

  function addWork(work: NewWork): Work {
    order += 1;
    const fresh: Work = {
      ...work,
      order,
      about: work.claimed ? join("input/work", basename(work.path)) : work.path,
      tries: 0,
      state: "resolve",
      outcome: undefined,
      folder: "rejected",
      notBeforeMs: 0,
      stuckMs: undefined,
      movedMs: monotonic(),
      toldStalled: false,
      toldFailed: false,
      waitingFor: undefined,
    };
    works.set(work.path, fresh);
    return fresh;
  }

  function forget(work: Work): void {
    works.delete(work.path);
    troubles.over(work.about);
  }

  /** It cannot go on now, for a reason that the disk or the ledger has. */
  function postpone(work: Work, error: unknown): void {
    const problem = diskError(strayDiskError(error), work.path);
    work.notBeforeMs = monotonic() + TRY_AGAIN_MS;
    work.stuckMs ??= monotonic();
    troubles.report(work.about, problem, monotonic());
    noteExitCode(exitCodeOf(problem));
  }

  /** Counted on the disk before anything is read, so that also a kill by the system counts. Throws `disk-unwritable`. */
  function begin(work: Work): void {
    if (!work.claimed) return;
    const claim = { ...work.claim, starts: work.claim.starts + 1 };
    writeClaim(drop, basename(work.path), claim);
    work.claim = claim;
  }

  /** The step has come to an end, good or bad, and the watcher with it is still there. */
  function restart(work: Work, starts: number): void {
    if (!work.claimed || work.claim.starts === starts) return;
    work.claim = { ...work.claim, starts };
    try {
      writeClaim(drop, basename(work.path), work.claim);
    } catch {
      // The count stays one too high on a disk that is told of elsewhere.
    }
  }

  async function resolve(work: Work): Promise<void> {
    const { claim, path, claimed } = work;
    try {
      begin(work);
      const { name, claimedAtMs, job } = claim;
      const found =
        claim.lot !== null && job !== null
          ? { lot: claim.lot, job }
          : await calls.resolve({ name, path, claimedAtMs, job });
      work.claim = { ...work.claim, ...found, starts: claim.starts };
      if (claimed) writeClaim(drop, basename(path), work.claim);
      work.state = "queue";
      queue.add({ key: path, lot: found.lot, order: work.order });
      log.info(
        { file: name, lot: found.lot, job: found.job },
        `${name}: lot ${found.lot} is next, with job ${found.job}`,
      );
    } catch (error) {
      restart(work, claim.starts);
      work.tries += 1;
      const code = exitCodeOf(error);
      const problem = error instanceof Error ? error.message : String(error);
      if (judge(code, work.tries) !== "rejected") postpone(work, error);
      else {
        const concerns = error instanceof OnboardingError ? error.concerns : undefined;
        reject(work, errorOutcome({ exitCode: code, problem, concerns, job: claim.job, nowMs: options.now() }));
      }
    }
  }

  function reject(work: Work, outcome: LotOutcome): void {
    noteExitCode(outcome.exitCode);
    if (work.planned !== undefined) calls.plannedTried(work.planned);
    end(work, outcome, "rejected");
  }

  /** It has come to its end; what remains is to say so. */
  function end(work: Work, outcome: LotOutcome, folder: "done" | "rejected"): void {
    work.outcome = outcome;
    work.folder = folder;
    work.state = "file";
    work.notBeforeMs = 0;
    work.movedMs = monotonic();
  }

  async function attempt(work: Work): Promise<LotOutcome> {
    const { path, claim } = work;
    const lot = claim.lot ?? "";
    const job = claim.job ?? "";
    const outcome = await calls.run({
      name: claim.name,
      path,
      lot,
      job,
      onProgress: () => {
        work.movedMs = monotonic();
      },
    });
    // A share that vanishes under a run makes its manifest unreadable, not wrong.
    if (outcome.exitCode !== 2 || (await isReadable(path))) return outcome;
    const problem = `${path} cannot be read any more; it is tried again when its folder is back`;
    return errorOutcome({ exitCode: 14, problem, lot, job, nowMs: options.now() });
  }

  async function countedAttempt(work: Work): Promise<LotOutcome> {
    try {
      begin(work);
    } catch (error) {
      const { lot, job } = work.claim;
      const problem = diskError(error, work.path);
      return errorOutcome({
        exitCode: exitCodeOf(problem),
        problem: problem instanceof Error ? problem.message : String(problem),
        lot,
        job,
        nowMs: options.now(),
      });
    }
    return attempt(work);
  }

  function launch(work: Work): void {
    work.state = "active";
    work.movedMs = monotonic();
    const run = countedAttempt(work).then((outcome) => {
      ended.push({ work, outcome });
    });
    active.add(run);
    void run.finally(() => {
      active.delete(run);
      ring();
    });
  }

  function takeEnded(work: Work, outcome: LotOutcome): void {
    restart(work, 0);
    work.tries += 1;
    work.movedMs = monotonic();
    noteExitCode(outcome.exitCode);
    if (work.planned !== undefined) calls.plannedTried(work.planned);
    const verdict = judge(outcome.exitCode, work.tries);
    if (verdict === "done" || verdict === "rejected") {
      queue.leaves(work.path, [0, 3, 12].includes(outcome.exitCode));
      end(work, outcome, verdict);
    } else {
      work.state = "queue";
      queue.waits(work.path, monotonic(), outcome.exitCode === 13);
      if (verdict === "again") tellWaiting(work, outcome);
    }
  }

  function tellWaiting(work: Work, outcome: LotOutcome): void {
    const { claim } = work;
    const { word } = lotState(outcome.exitCode);
    work.stuckMs ??= monotonic();
    if (work.waitingFor === outcome.exitCode) return;
    work.waitingFor = outcome.exitCode;
    const reason = outcome.problem ?? word;
    log.warn(
      { file: claim.name, lot: claim.lot, exitCode: outcome.exitCode, reason },
      `${claim.name} is tried again by itself: ${reason}`,
    );
    if ([1, 15].includes(outcome.exitCode) && !work.toldFailed) {
      work.toldFailed = true;
      tell(work, "failed", outcome, `${claim.name}: ${word}`, null);
    }
    if (!work.claimed) return;
    const sinceMs = options.now();
    try {
      work.claim = { ...claim, waiting: { reason: word, sinceMs } };
      writeClaim(drop, basename(work.path), work.claim);
      replaceFile(waitingFile(work.path), waitingText(claim.name, outcome.exitCode, sinceMs));
    } catch {
      // It is for convenience; the disk or the share that has no room for it is told of elsewhere.
    }
  }

  function file(work: Work, outcome: LotOutcome): void {
    const { claim, path } = work;
    try {
      const filed: Filed | undefined = work.claimed
        ? fileResult(drop, basename(path), claim, outcome, { folder: work.folder, nowMs: options.now() })
        : undefined;
      forget(work);
      tellEnd(work, outcome, filed);
    } catch (error) {
      postpone(work, error);
    }
  }

  function tellEnd(work: Work, outcome: LotOutcome, filed: Filed | undefined): void {
    const { claim, planned } = work;
    const text =
      filed?.text ?? resultText(outcome, { name: claim.name, filed: work.path, input: basename(drop.input) });
    const message = text.split("\n")[0] ?? "";
    const fields = { file: claim.name, lot: claim.lot, job: claim.job, exitCode: outcome.exitCode };
    if (outcome.exitCode === 0) log.info(fields, message);
    else if (outcome.exitCode === 3) log.warn(fields, message);
    else
      log.error(
        { ...fields, reason: outcome.problem },
        outcome.problem === undefined ? message : `${message} ${outcome.problem}`,
      );
    const kind = outcome.exitCode === 0 ? "done" : outcome.exitCode === 3 ? "partial" : "failed";
    tell(work, kind, outcome, message, filed?.result ?? null);
    if (planned !== undefined && !work.claimed) calls.plannedEnded(planned, work.folder === "done");
    calls.onEnd({ name: claim.name, outcome, text });
  }

  function tell(
    { claim }: Work,
    event: "done" | "partial" | "failed" | "stalled",
    outcome: LotOutcome | undefined,
    message: string,
    result: string | null,
  ): void {
    const { name, lot, job } = claim;
    const figures = outcome === undefined ? {} : { counts: outcome.report.counts, rejects: outcome.report.rejects };
    calls.tell({ event, file: name, lot, job, exitCode: outcome?.exitCode ?? null, message, result, ...figures });
  }

  /** Whatever it waits for, and also a run that hangs. */
  function tellStalled(): void {
    const nowMs = monotonic();
    for (const work of works.values()) {
      const sinceMs = work.state === "active" ? work.movedMs : work.stuckMs;
      if (work.toldStalled || sinceMs === undefined || nowMs - sinceMs < options.stalledMs) continue;
      work.toldStalled = true;
      const minutes = Math.round((nowMs - sinceMs) / 60_000);
      const why = work.waitingFor === undefined ? "" : `: ${lotState(work.waitingFor).word}`;
      const message = `${work.claim.name} has made no progress for ${minutes} ${nounFor(minutes, "minute")}${why}`;
      log.warn({ file: work.claim.name, lot: work.claim.lot }, message);
      tell(work, "stalled", undefined, message, null);
    }
  }

  const inState = (state: Work["state"]) => [...works.values()].filter((work) => work.state === state);

  function settle(): void {
    for (const { work, outcome } of ended.splice(0)) takeEnded(work, outcome);
    for (const work of inState("file")) {
      if (work.outcome !== undefined && work.notBeforeMs <= monotonic()) file(work, work.outcome);
    }
  }

  return {
    has: (path) => works.has(path),
    add: (work) => {
      addWork(work);
    },
    refuse: (work, outcome) => reject(addWork(work), outcome),
    forgetGone: (stillThere) => {
      for (const work of [...works.values()]) {
        if (!work.claimed || work.state === "active" || stillThere.has(work.path) || isThere(work.path)) continue;
        log.warn(
          { file: work.claim.name, lot: work.claim.lot },
          `${work.claim.name} was taken out of input/work and is forgotten`,
        );
        queue.leaves(work.path, false);
        dropClaim(drop, basename(work.path));
        remove(waitingFile(work.path));
        if (work.planned !== undefined) calls.plannedTried(work.planned);
        forget(work);
      }
    },
    turn: async () => {
      settle();
      for (const work of inState("resolve")) if (work.notBeforeMs <= monotonic()) await resolve(work);
      settle();
      while (!options.signal.aborted) {
        const key = queue.take(monotonic());
        if (key === undefined) break;
        const work = works.get(key);
        if (work !== undefined) launch(work);
      }
      tellStalled();
    },
    finish: async () => {
      while (active.size > 0) await Promise.all(active);
      settle();
    },
    get idle() {
      const untried = [...works.values()].some(
        ({ state, notBeforeMs }) => (state === "resolve" || state === "file") && notBeforeMs === 0,
      );
      return active.size === 0 && ended.length === 0 && queue.fresh === 0 && !untried;
    },
    get exitCode() {
      return exitCode;
    },
    noteExitCode,
  };
}
