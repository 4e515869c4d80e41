import type { Logger } from "pino";
import type { DropLayout } from "../disk/layout.ts";
import type { LotOutcome } from "./lot-outcome.ts";
import type { WatchEvent } from "./send-events.ts";
import type { Actor, ScheduledRun } from "./watch-control.ts";
import type { WorkStep } from "./work-progress.ts";
import type { Pauses } from "./work-queue.ts";

/** A file that a scheduled job is due for. */
export interface PlannedFile {
  readonly job: string;
  /** Absolute path. */
  readonly path: string;
}

/** A file whose lot and job have to be found. */
export interface FileToResolve {
  /** The name that it was dropped under. */
  readonly name: string;
  /** Where it lies. */
  readonly path: string;
  /** The time that {date} stands for. */
  readonly claimedAtMs: number;
  /** A job that was due for it. */
  readonly job: string | null;
}

export interface LotToRun {
  readonly lot: string;
  readonly job: string;
  /** Aborted to stop this lot alone, after its batches in hand. */
  readonly signal: AbortSignal;
  /** To be called once the job is known. */
  readonly onBegun: (job: { readonly taktSeconds: number | null }) => void;
  /** To be called now and then while it gets on. */
  readonly onProgress: (step: WorkStep) => void;
}

export interface FileToRun extends LotToRun {
  readonly name: string;
  readonly path: string;
}

/** What was asked for and outlives the watcher, with the event of each. All throw the ledger's errors. */
export interface OrderCalls {
  /** How the lot is spelled that goes by this name; undefined for one that is not known. Throws `usage` for a name of several. */
  readonly spelled: (lot: string) => Promise<string | undefined>;
  readonly stoppedLots: () => Promise<readonly string[]>;
  /** Throws `lot-held` when a run has the lot that is not the watcher's; `runsHere`: it is. */
  readonly stopLot: (lot: string, by: Actor, runsHere: boolean) => Promise<void>;
  readonly resumeLot: (lot: string, by: Actor) => Promise<void>;
  /** Throws `usage` for a lot that is unknown or has nothing to send. */
  readonly askToSend: (lot: string, by: Actor) => Promise<void>;
  readonly sendsAsked: () => Promise<readonly { readonly lot: string; readonly job: string }[]>;
  readonly endSend: (lot: string, exitCode: number) => Promise<void>;
  readonly recordDrop: (file: { readonly name: string; readonly sha256: string }, by: Actor) => Promise<void>;
}

/** All that the watcher does not know itself: what a manifest is, what a job is, how a lot is run. */
export interface WatchCalls {
  /** Whether a drop starts this file, or its job waits for its schedule. */
  readonly admit: (file: { readonly name: string; readonly path: string }) => Promise<"claim" | "leave">;
  /** Lot and job of a file. Throws an `OnboardingError`; a `usage` error rejects the file. */
  readonly resolve: (file: FileToResolve) => Promise<{ readonly lot: string; readonly job: string }>;
  /** Runs the lot. Never throws. */
  readonly run: (file: FileToRun) => Promise<LotOutcome>;
  /** Sends again what the platform has not confirmed or has rejected; mints nothing. Never throws. */
  readonly send: (lot: LotToRun) => Promise<LotOutcome>;
  readonly orders: OrderCalls;
  /** The scheduled jobs, and when each is due next. */
  readonly schedules: () => readonly ScheduledRun[];
  /** The files of scheduled jobs that are due now; asked once a minute. */
  readonly due: (nowMs: number) => readonly PlannedFile[];
  /** What became of one of these: a file in input/ has been taken into work/; it has been tried once; it is at its end. */
  readonly plannedTaken: (file: PlannedFile) => void;
  readonly plannedTried: (file: PlannedFile) => void;
  readonly plannedEnded: (file: PlannedFile, done: boolean) => void;
  /** Makes revocation lists anew that are at half of their life; asked once an hour. */
  readonly renewCrls?: () => Promise<void>;
  /** Makes keys beforehand until the signal, which comes as soon as there is something else to do. */
  readonly fillKeys?: (signal: AbortSignal) => Promise<void>;
  /** Tells others: keeps the event until it is delivered, and returns. Under a known id it is the same event again. */
  readonly tell: (event: WatchEvent, id?: string) => void;
  /** A file has come to its end; `text` is what lies beside it. Without a name: the sending again of a lot. */
  readonly onEnd: (end: { readonly name: string | null; readonly outcome: LotOutcome; readonly text: string }) => void;
}

export interface WatchOptions {
  readonly drop: DropLayout;
  readonly calls: WatchCalls;
  /** True: do what is due and end. */
  readonly once: boolean;
  readonly settleMs: number;
  readonly lotsAtOnce: number;
  /** The watcher's own user. */
  readonly uid: number;
  readonly pollMs: number;
  readonly pauses: Pauses;
  /** Without success for so long, a file is told as stalled. */
  readonly stalledMs: number;
  readonly log: Logger;
  /** Wall clock, milliseconds since 1970; it may jump. */
  readonly now: () => number;
  /** Milliseconds of a clock that does not jump. */
  readonly monotonic: () => number;
  readonly newId: () => string;
  /** Aborted to stop: nothing is claimed or begun any more; what runs is told by the same signal elsewhere. */
  readonly signal: AbortSignal;
}
