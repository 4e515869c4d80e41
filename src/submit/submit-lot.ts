import pLimit from "p-limit";
import type { LotLayout } from "../disk/layout.ts";
import type { Submit } from "../domain/job.ts";
import { listIds } from "../domain/list-ids.ts";
import { nounFor } from "../domain/noun-for.ts";
import type { LotLease } from "../ledger/locks.ts";
import type { PartRecord } from "../ledger/registration.ts";
import type { RetryPolicy } from "../platform/retry.ts";
import { readPart } from "./read-part.ts";
import { recoverUploads } from "./recover-uploads.ts";
import type { Submission, SubmissionLedger, SubmissionPlatform, Tally } from "./submission.ts";
import { type PartOutcome, submitPart } from "./submit-part.ts";

export interface SubmitLot {
  readonly ledger: SubmissionLedger;
  readonly lease: LotLease;
  /** A `retrying` one; it leaves uploads alone. */
  readonly platform: SubmissionPlatform;
  readonly layout: LotLayout;
  readonly tenant: string;
  readonly submit: Pick<Submit, "concurrency" | "collisions">;
  /** For uploads. Its signal, if any, is joined by `signal`. */
  readonly retry: RetryPolicy;
  /** Once aborted, attempts in flight are finished and nothing new is sent. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SubmitProgress) => void;
}

/** Counted over this submission. */
export interface SubmitProgress {
  readonly confirmed: number;
  readonly rejected: number;
  /** Devices that were open when it began. */
  readonly devices: number;
}

/**
 * - done: every device of every part is confirmed or rejected
 * - refused: the platform says no to us; the message says why and what to do
 * - unreachable: some devices are open, since no useful answer came; run again
 * - stopped: some devices are open, since the signal asked to stop
 */
export interface SubmitOutcome {
  readonly kind: "done" | "refused" | "unreachable" | "stopped";
  readonly message?: string;
  readonly confirmed: number;
  readonly rejected: number;
  /** Ids that the platform called overwritten and that we had never sent. */
  readonly overwritten: readonly string[];
  /** Sentences for the report. */
  readonly notes: readonly string[];
}

/**
 * Sends a lot's parts until every device is confirmed or rejected. Whatever the platform answers, no
 * device is lost and none is confirmed that is not; whatever ends it, another call goes on from there.
 * Throws `state-damaged` before anything is sent when a part is not as it was cut, and `lot-held`
 * when another run took the lot.
 */
export async function submitLot(options: SubmitLot): Promise<SubmitOutcome> {
  const { ledger, lease, layout, signal } = options;
  const halt = new AbortController();
  const signals = [halt.signal, options.signal, options.retry.signal].filter((one) => one !== undefined);
  const openParts = (await ledger.parts(lease.lot)).filter((part) => part.open > 0);
  for (const part of openParts) readPart(layout, part);
  const submission = startSubmission(options, AbortSignal.any(signals), openParts);

  const outcomes: PartOutcome[] = [];
  const note = (outcome: PartOutcome): void => {
    outcomes.push(outcome);
    if (outcome.kind === "refused") halt.abort();
  };
  const settled = await recoverUploads(submission);
  if (settled.kind === "settled") await submitParts(submission, options.submit.concurrency, halt, note);
  else note(settled);

  const stopped = signal?.aborted === true || options.retry.signal?.aborted === true;
  return { ...summarise(outcomes, stopped), ...result(submission.tally) };
}

function startSubmission(options: SubmitLot, halted: AbortSignal, openParts: readonly PartRecord[]): Submission {
  const { ledger, lease, platform, layout, tenant, submit, retry, onProgress } = options;
  const devices = openParts.reduce((sum, part) => sum + part.open, 0);
  const tally: Tally = {
    confirmed: 0,
    rejected: 0,
    answers: 0,
    overwritten: new Set(),
    changed: () => onProgress?.({ confirmed: tally.confirmed, rejected: tally.rejected, devices }),
  };
  return {
    ledger,
    lease,
    platform,
    layout,
    tenant,
    collisions: submit.collisions,
    retry: { ...retry, signal: halted },
    halted,
    tally,
  };
}

/**
 * So many parts at a time, in their order. The platform makes groups on the way, and makes them twice
 * when two uploads name the same new one: a part with a group that no answered part named goes alone.
 */
async function submitParts(
  submission: Submission,
  concurrency: number,
  halt: AbortController,
  note: (outcome: PartOutcome) => void,
): Promise<void> {
  const { ledger, lease, halted, tally } = submission;
  const parts = await ledger.parts(lease.lot);
  const groups = new Set(parts.filter((part) => part.answered).flatMap((part) => part.paths));
  const limit = pLimit(concurrency);
  let together: Promise<void>[] = [];
  const submitOne = async (part: PartRecord): Promise<void> => {
    if (halted.aborted) return note({ kind: "silent", message: "stopped before it was sent" });
    const answersBefore = tally.answers;
    try {
      const outcome = await submitPart(submission, part);
      if (outcome.kind === "settled") for (const path of part.paths) groups.add(path);
      note(outcome);
      // It used up its tries while nothing at all got through: the platform is down, not this part bad.
      if (outcome.kind === "silent" && tally.answers === answersBefore) halt.abort();
    } catch (error) {
      halt.abort();
      throw error;
    }
  };
  for (const part of parts.filter(({ open }) => open > 0)) {
    if (part.paths.every((path) => groups.has(path))) {
      together.push(limit(submitOne, part));
      continue;
    }
    await allEnded(together);
    together = [];
    await submitOne(part);
  }
  await allEnded(together);
}

/** Waits for all, also when one throws: an attempt in flight is never left alone. */
async function allEnded(parts: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(parts);
  const thrown = ends.find((end) => end.status === "rejected");
  if (thrown !== undefined) throw thrown.reason;
}

function summarise(
  outcomes: readonly PartOutcome[],
  stopped: boolean,
): { readonly kind: SubmitOutcome["kind"]; readonly message?: string } {
  const refused = outcomes.find((outcome) => outcome.kind === "refused");
  if (refused !== undefined) return { kind: "refused", message: refused.message };
  const silent = outcomes.find((outcome) => outcome.kind === "silent");
  if (silent === undefined) return { kind: "done" };
  return stopped ? { kind: "stopped" } : { kind: "unreachable", message: silent.message };
}

function result({
  confirmed,
  rejected,
  overwritten,
}: Tally): Pick<SubmitOutcome, "confirmed" | "rejected" | "overwritten" | "notes"> {
  const ids = [...overwritten];
  const notes =
    ids.length === 0
      ? []
      : [
          `the platform overwrote ${ids.length} ${nounFor(ids.length, "device that was", "devices that were")} there before and that we never sent: ${listIds(ids)}`,
        ];
  return { confirmed, rejected, overwritten: ids, notes };
}
