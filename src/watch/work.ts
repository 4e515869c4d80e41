import { basename, join } from "node:path";
import { foldLotName } from "../domain/lot.ts";
import { lotState } from "../report/lot-state.ts";
import type { Claim } from "./claims.ts";
import type { LotOutcome } from "./lot-outcome.ts";
import type { WatchedWork } from "./watch-control.ts";
import type { PlannedFile } from "./watch-options.ts";
import type { ProgressKeeper } from "./work-progress.ts";

/** A file that is to be worked on, or a lot that is to be sent again. */
export interface NewWork {
  /** Of a sending again: its key, which is no path. */
  readonly path: string;
  readonly claim: Claim;
  /** False: it lies outside the drop folder, is run where it is, and stays there. */
  readonly claimed: boolean;
  readonly planned: PlannedFile | undefined;
  /** True: no file, but a lot that is to be sent again. */
  readonly sends?: boolean;
}

export interface Work extends NewWork {
  claim: Claim;
  readonly order: number;
  readonly about: string;
  tries: number;
  state: "resolve" | "queue" | "active" | "file";
  /** Wall clock: since when it is in this state, or stopped. */
  sinceMs: number;
  outcome: LotOutcome | undefined;
  folder: "done" | "rejected";
  /** Not before this is it resolved or filed again. */
  notBeforeMs: number;
  /** Why that is so. */
  postponedFor: string | null;
  /** Since when it makes no progress; undefined while it does. */
  stuckMs: number | undefined;
  movedMs: number;
  toldStalled: boolean;
  toldFailed: boolean;
  /** Others have been told of its end. */
  toldEnd: boolean;
  waitingFor: number | undefined;
  /** It waits because its lot is stopped, and that has been told beside it. */
  stopped: boolean;
  /** Ends the run that is under way after its batches in hand. */
  halt: AbortController | undefined;
  progress: ProgressKeeper | undefined;
  taktSeconds: number | null;
}

/** The key of a lot that is to be sent again; no path of a file, since those are absolute. */
export function sendKey(lot: string): string {
  return `send:${foldLotName(lot)}`;
}

export function makeWork(added: NewWork, order: number, nowMs: number, movedMs: number): Work {
  const place = added.sends === true ? `sending lot ${added.claim.lot} again` : added.path;
  return {
    ...added,
    order,
    about: added.claimed ? join("input/work", basename(added.path)) : place,
    tries: 0,
    state: "resolve",
    sinceMs: nowMs,
    outcome: undefined,
    folder: "rejected",
    notBeforeMs: 0,
    postponedFor: null,
    stuckMs: undefined,
    movedMs,
    toldStalled: false,
    toldFailed: false,
    toldEnd: false,
    waitingFor: undefined,
    stopped: false,
    halt: undefined,
    progress: undefined,
    taktSeconds: null,
  };
}

/** What others see of it. */
export function watchedWork(work: Work): WatchedWork {
  const { claim, sinceMs, progress, taktSeconds } = work;
  return {
    file: claim.name,
    lot: claim.lot,
    job: claim.job,
    state: stateOf(work),
    reason: work.state === "active" || work.stopped ? null : reasonOf(work),
    sinceMs,
    progress: progress?.progress ?? null,
    rates: progress?.rates ?? [],
    taktSeconds,
  };
}

function stateOf({ state, halt, stopped }: Work): WatchedWork["state"] {
  if (state === "active") return halt?.signal.aborted === true ? "stopping" : "running";
  return stopped ? "stopped" : "waiting";
}

function reasonOf({ state, postponedFor, waitingFor }: Work): string {
  if (postponedFor !== null) return postponedFor;
  if (state === "file") return "its results are being written";
  return waitingFor === undefined ? "its turn comes" : lotState(waitingFor).word;
}
