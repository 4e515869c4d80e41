import { basename } from "node:path";
import { diskError, strayDiskError } from "../disk/disk-error.ts";
import { remove } from "../disk/durable.ts";
import { waitingFile } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import { exitCodeOf, worstExitCode } from "../domain/exit-code.ts";
import { foldLotName } from "../domain/lot.ts";
import type { ChangeFeed } from "./change-feed.ts";
import { isThere } from "./claim-drop.ts";
import { dropClaim, readClaim, writeClaim } from "./claims.ts";
import { errorOutcome } from "./error-outcome.ts";
import { type Filed, fileResult } from "./file-result.ts";
import { judge, type LotOutcome } from "./lot-outcome.ts";
import type { LotStops } from "./lot-stops.ts";
import { isReadable } from "./refuse-drop.ts";
import { tellWork } from "./tell-work.ts";
import type { Troubles } from "./troubles.ts";
import type { WatchedWork } from "./watch-control.ts";
import type { WatchOptions } from "./watch-options.ts";
import { makeWork, type NewWork, type Work, watchedWork } from "./work.ts";
import { keepProgress, type WorkStep } from "./work-progress.ts";
import { makeWorkQueue } from "./work-queue.ts";

const TRY_AGAIN_MS = 5_000;

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
  /** The lot is stopped: what runs of it ends after its batches in hand, and what waits of it says so. */
  halt(lot: string): void;
  /** The lot is stopped no more: what waits of it is tried at once. */
  resume(lot: string): void;
  /** Whether anything of the lot is under way here. */
  runs(lot: string): boolean;
  /** All that is under its hand, the first come first. */
  readonly works: readonly WatchedWork[];
  /** True when each file has been tried and nothing is under way, but for stopped lots. */
  readonly idle: boolean;
  /** The worst exit code of all tries so far. */
  readonly exitCode: number;
  noteExitCode(exitCode: number): void;
}

export interface DeskTools {
  readonly troubles: Troubles;
  readonly stops: LotStops;
  readonly feed: ChangeFeed;
  /** Called when something has ended that `turn` should look at. */
  readonly ring: () => void;
  /** Called when a lot has been sent again, which may have been asked for once more meanwhile. */
  readonly sendEnded: () => void;
}

export function openWorkDesk(options: WatchOptions, { troubles, stops, feed, ring, sendEnded }: DeskTools): WorkDesk {
  const { drop, calls, log, monotonic } = options;
  const works = new Map<string, Work>();
  const teller = tellWork(options);
  const queue = makeWorkQueue(options.lotsAtOnce, options.pauses, stops.has);
  const active = new Set<Promise<void>>();
  const ended: { readonly work: Work; readonly outcome: LotOutcome }[] = [];
  let order = 0;
  let exitCode = 0;

  const noteExitCode = (code: number) => {
    exitCode = worstExitCode([exitCode, code]);
  };

  function addWork(added: NewWork): Work {
    order += 1;
    const work = makeWork(added, order, options.now(), monotonic());
    works.set(work.path, work);
    feed.note(work.claim.lot);
    return work;
  }

  function move(work: Work, state: Work["state"]): void {
    work.state = state;
    work.sinceMs = options.now();
    feed.note(work.claim.lot);
  }

  function forget(work: Work): void {
    works.delete(work.path);
    troubles.over(work.about);
    feed.note(work.claim.lot);
  }

  /** It cannot go on now, for a reason that the disk or the ledger has. */
  function postpone(work: Work, error: unknown): void {
    const problem = diskError(strayDiskError(error), work.path);
    work.notBeforeMs = monotonic() + TRY_AGAIN_MS;
    work.stuckMs ??= monotonic();
    work.postponedFor = problem instanceof Error ? problem.message : String(problem);
    feed.note(work.claim.lot);
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
      await stops.refresh(calls.orders.stoppedLots);
      work.postponedFor = null;
      move(work, "queue");
      queue.add({ key: path, lot: found.lot, order: work.order });
      log.info(
        { file: name, lot: found.lot, job: found.job },
        `${name}: lot ${found.lot} is next, with job ${found.job}`,
      );
      restIfStopped(work);
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
    move(work, "file");
    work.notBeforeMs = 0;
    work.movedMs = monotonic();
  }

  async function attempt(work: Work): Promise<LotOutcome> {
    const { path, claim } = work;
    const lot = claim.lot ?? "";
    const job = claim.job ?? "";
    const halt = new AbortController();
    work.halt = halt;
    work.progress = keepProgress(monotonic, options.now);
    const run = {
      lot,
      job,
      signal: halt.signal,
      onBegun: ({ taktSeconds }: { readonly taktSeconds: number | null }) => {
        work.taktSeconds = taktSeconds;
      },
      onProgress: (step: WorkStep) => {
        work.movedMs = monotonic();
        work.progress?.note(step);
        feed.note(lot);
      },
    };
    if (work.sends === true) return calls.send(run);
    const outcome = await calls.run({ name: claim.name, path, ...run });
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
    move(work, "active");
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
    const halted = work.halt?.signal.aborted === true;
    work.halt = undefined;
    work.progress = undefined;
    restart(work, 0);
    work.movedMs = monotonic();
    if (work.planned !== undefined) calls.plannedTried(work.planned);
    if (halted && outcome.exitCode === 130 && !options.signal.aborted) {
      move(work, "queue");
      queue.rests(work.path, monotonic());
      restIfStopped(work);
      return;
    }
    work.tries += 1;
    noteExitCode(outcome.exitCode);
    const verdict = judge(outcome.exitCode, work.tries);
    if (verdict === "done" || verdict === "rejected") {
      queue.leaves(work.path, [0, 3, 12].includes(outcome.exitCode));
      end(work, outcome, verdict);
    } else {
      move(work, "queue");
      queue.waits(work.path, monotonic(), outcome.exitCode === 13);
      if (verdict === "again") teller.waiting(work, outcome);
      restIfStopped(work);
    }
  }

  /** A file that waits because its lot is stopped says so, and keeps no schedule from being due again. */
  function restIfStopped(work: Work): void {
    const { lot, name } = work.claim;
    if (work.stopped || work.state !== "queue" || lot === null || !stops.has(lot)) return;
    work.stopped = true;
    work.sinceMs = options.now();
    teller.stopped(work);
    if (work.planned !== undefined) calls.plannedTried(work.planned);
    log.info({ file: name, lot }, `${name} waits: lot ${lot} is stopped until it is resumed`);
    feed.note(lot);
  }

  async function file(work: Work, outcome: LotOutcome): Promise<void> {
    const { claim, path } = work;
    try {
      const tell = (filed: Filed | undefined) => teller.tellEnd(work, outcome, filed);
      const asked = { folder: work.folder, nowMs: options.now(), newId: options.newId, tell };
      // Where it was going when it was filed before and the disk failed.
      const filing = work.claimed ? (readClaim(drop, basename(path))?.filing ?? claim.filing) : null;
      const filed = work.claimed ? fileResult(drop, basename(path), { ...claim, filing }, outcome, asked) : undefined;
      if (filed === undefined) tell(undefined);
      if (work.sends === true) await calls.orders.endSend(claim.lot ?? "", outcome.exitCode);
      forget(work);
      if (work.sends === true) sendEnded();
      teller.end(work, outcome, filed);
    } catch (error) {
      postpone(work, error);
    }
  }

  const ofLot = (lot: string) => {
    const folded = foldLotName(lot);
    return [...works.values()].filter(({ claim }) => claim.lot !== null && foldLotName(claim.lot) === folded);
  };

  const inState = (state: Work["state"]) => [...works.values()].filter((work) => work.state === state);

  async function settle(): Promise<void> {
    for (const { work, outcome } of ended.splice(0)) takeEnded(work, outcome);
    for (const work of inState("file")) {
      if (work.outcome !== undefined && work.notBeforeMs <= monotonic()) await file(work, work.outcome);
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
      await settle();
      for (const work of inState("resolve")) if (work.notBeforeMs <= monotonic()) await resolve(work);
      await settle();
      while (!options.signal.aborted) {
        const key = queue.take(monotonic());
        if (key === undefined) break;
        const work = works.get(key);
        if (work !== undefined) launch(work);
      }
      teller.stalled(works.values());
    },
    finish: async () => {
      while (active.size > 0) await Promise.all(active);
      await settle();
    },
    halt: (lot) => {
      for (const work of ofLot(lot)) {
        if (work.state === "active") work.halt?.abort();
        else restIfStopped(work);
      }
      feed.note(lot);
    },
    resume: (lot) => {
      queue.resume(lot);
      for (const work of ofLot(lot)) {
        if (!work.stopped) continue;
        work.stopped = false;
        work.sinceMs = options.now();
        teller.resumed(work);
      }
      feed.note(lot);
      ring();
    },
    runs: (lot) => ofLot(lot).some(({ state }) => state === "active"),
    get works() {
      return [...works.values()].map(watchedWork);
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
