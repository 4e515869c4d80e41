import { announceStep } from "../disk/announce-step.ts";
import type { BulkAnswer } from "../domain/registration.ts";
import type { PartDevice } from "../ledger/registration.ts";
import type { UploadOutcome } from "../ledger/submission.ts";
import type { Reply, Unanswered } from "../platform/platform.ts";
import type { WholeRefusal } from "./halve.ts";
import { readBack } from "./read-back.ts";
import { type Submission, shownByPresence } from "./submission.ts";
import { type Understanding, understandAnswer } from "./understand-answer.ts";

/**
 * What became of some rows:
 * - settled: each is confirmed or rejected
 * - split: these are still open and have to be sent in halves; `refused` when the platform refused the whole upload
 * - silent: no useful answer came, in all tries
 * - refused: the platform will not talk to us
 */
export type RowsOutcome =
  | { readonly kind: "settled" }
  | { readonly kind: "split"; readonly rows: readonly PartDevice[]; readonly refused?: WholeRefusal }
  | { readonly kind: "silent" | "refused"; readonly reply: Unanswered; readonly doing: "register" | "read-back" };

/** One attempt's outcome, recorded. A reply that is no answer may be followed by another attempt. */
export interface Attempt {
  readonly reply: Reply<RowsOutcome>;
  /** What the next attempt has to send. */
  readonly open: readonly PartDevice[];
}

/** Records what an answered attempt brought. `sent` takes up its ids. */
export async function recoverAnswer(
  submission: Submission,
  upload: number,
  rows: readonly PartDevice[],
  sent: Set<string>,
  answer: BulkAnswer,
): Promise<Attempt> {
  const understood = understandAnswer(
    rows.map((row) => row.externalId),
    answer,
  );
  if (understood.kind === "incomplete") {
    const { message } = understood;
    return recoverUnknown(submission, upload, rows, sent, { kind: "unknown", status: 201, message });
  }
  const firstSent = rows.filter((row) => !row.sentBefore && !sent.has(row.externalId)).map((row) => row.externalId);
  const overwritten = firstSent.filter((externalId) => answer.updated.includes(externalId));
  for (const row of rows) sent.add(row.externalId);

  const explained =
    understood.kind === "complete" ? understood : await explain(submission, rows, firstSent, understood);
  if (explained.kind === "silent") return settled({ ...explained, doing: "read-back" });
  const { rejected } = explained;
  const confirmed = explained.kind === "complete" ? explained.confirmed : [];
  await closeAttempt(submission, upload, { kind: "answered", status: 201, confirmed, rejected, overwritten });
  submission.tally.answers += 1;
  if (explained.kind === "complete") return settled({ kind: "settled" });
  const unnamed = new Set(explained.unnamed);
  return settled({ kind: "split", rows: rows.filter((row) => unnamed.has(row.externalId)) });
}

type Unattributed = Extract<Understanding, { readonly kind: "unattributed" }>;

/**
 * Finds out by reading back which rows were rejected without a name: those that are missing, if
 * they are exactly as many. Only rows that were never sent before can be told apart so.
 */
async function explain(
  submission: Submission,
  rows: readonly PartDevice[],
  firstSent: readonly string[],
  understood: Unattributed,
): Promise<
  Exclude<Understanding, { readonly kind: "incomplete" }> | { readonly kind: "silent"; readonly reply: Unanswered }
> {
  const unnamed = new Set(understood.unnamed);
  const asked = rows.filter((row) => unnamed.has(row.externalId));
  if (!asked.every((row) => shownByPresence(submission, row) && firstSent.includes(row.externalId))) return understood;
  const back = await readBack(submission, asked);
  if (back.kind === "refused") return understood;
  if (back.kind !== "answer") return { kind: "silent", reply: back };
  const missing = understood.unnamed.filter((externalId) => !back.value.has(externalId));
  if (missing.length !== understood.unnamedRejects) return understood;
  return {
    kind: "complete",
    confirmed: understood.unnamed.filter((externalId) => back.value.has(externalId)),
    rejected: [...understood.rejected, ...missing.map((externalId) => ({ externalId, reason: understood.reason }))],
  };
}

/**
 * Records what an attempt without a complete answer brought: rows whose devices are there now, and only
 * by this lot's doing, are confirmed; the rest goes back to listed. When that cannot be read back, the
 * attempt stays open and the next run asks again.
 */
export async function recoverUnknown(
  submission: Submission,
  upload: number,
  rows: readonly PartDevice[],
  sent: Set<string>,
  reply: Extract<Unanswered, { readonly kind: "unknown" }>,
): Promise<Attempt> {
  for (const row of rows) sent.add(row.externalId);
  const back = await readBack(
    submission,
    rows.filter((row) => shownByPresence(submission, row)),
  );
  if (back.kind !== "answer") {
    return settled({ kind: back.kind === "refused" ? "refused" : "silent", reply: back, doing: "read-back" });
  }
  const open = rows.filter((row) => !back.value.has(row.externalId));
  await closeAttempt(submission, upload, { ...reply, confirmed: [...back.value], rejected: [] });
  return open.length === 0 ? settled({ kind: "settled" }) : { reply, open };
}

/** Records an attempt's outcome and counts it. */
export async function closeAttempt(
  { ledger, lease, tally }: Submission,
  upload: number,
  { kind, status, message, confirmed, rejected, overwritten = [] }: UploadOutcome,
): Promise<void> {
  const outcome = {
    kind,
    confirmed,
    rejected,
    overwritten,
    ...(status === undefined || status === 0 ? {} : { status }),
    ...(message === undefined ? {} : { message }),
  };
  await ledger.closeUpload(lease, upload, outcome);
  announceStep("upload-closed");
  tally.confirmed += confirmed.length;
  tally.rejected += rejected.length;
  for (const externalId of overwritten) tally.overwritten.add(externalId);
  tally.changed();
}

/** Nothing more to send under this attempt. */
function settled(value: RowsOutcome): Attempt {
  return { reply: { kind: "answer", value }, open: [] };
}
