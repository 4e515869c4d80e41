import { basename } from "node:path";
import { announceStep } from "../disk/announce-step.ts";
import { partFile } from "../disk/layout.ts";
import type { PartDevice } from "../ledger/registration.ts";
import type { Reply } from "../platform/platform.ts";
import { retryWhileUncertain } from "../platform/retry.ts";
import { type Attempt, closeAttempt, type RowsOutcome, recoverAnswer, recoverUnknown } from "./recover-attempt.ts";
import { slicePart } from "./slice-part.ts";
import type { Submission } from "./submission.ts";

/** A part that is being sent. */
export interface SendablePart {
  readonly number: number;
  /** How many rows it holds in all. */
  readonly rows: number;
  readonly bytes: Buffer;
  /** Ids that an attempt of this run may have brought to the platform. */
  readonly sent: Set<string>;
}

/** Statuses that speak of the file and not of us. */
const ABOUT_THE_FILE: readonly number[] = [400, 413, 422];

/**
 * Sends rows of a part until each is confirmed or rejected, or it takes a smaller file to find out.
 * Every attempt is recorded before and its outcome after; what a lost answer leaves open is read back,
 * and only what is missing is sent again.
 */
export async function sendRows(
  submission: Submission,
  part: SendablePart,
  rows: readonly PartDevice[],
): Promise<RowsOutcome> {
  let open = rows;
  const reply = await retryWhileUncertain(async (): Promise<Reply<RowsOutcome>> => {
    await submission.platform.whenFree?.(submission.halted);
    if (submission.halted.aborted) return { kind: "unknown", message: "stopped before it was sent" };
    const attempt = await sendOnce(submission, part, open);
    open = attempt.open;
    return attempt.reply;
  }, submission.retry);
  if (reply.kind === "answer") return reply.value;
  return { kind: reply.kind === "refused" ? "refused" : "silent", reply, doing: "register" };
}

async function sendOnce(submission: Submission, part: SendablePart, rows: readonly PartDevice[]): Promise<Attempt> {
  const { ledger, lease, platform, layout } = submission;
  const externalIds = rows.map((row) => row.externalId);
  const indexes = rows.map((row) => row.row);
  const bytes = rows.length === part.rows ? part.bytes : slicePart(part.bytes, indexes);
  await ledger.heartbeat(lease);
  const upload = await ledger.openUpload(lease, { part: part.number, externalIds });
  announceStep("upload-opened");
  // Not under the run's signal: an attempt in flight is waited for, so that its outcome is known.
  const reply = await platform.registerBulk(bytes, basename(partFile(layout, part.number)));
  announceStep("upload-answered");
  if (reply.kind === "answer") return recoverAnswer(submission, upload, rows, part.sent, reply.value);
  if (reply.kind === "unknown") return recoverUnknown(submission, upload, rows, part.sent, reply);
  // 408 comes when the platform or a proxy has waited too long, perhaps while the work was under way.
  if (reply.status === 408) for (const externalId of externalIds) part.sent.add(externalId);
  await closeAttempt(submission, upload, { ...reply, confirmed: [], rejected: [] });
  if (reply.kind === "busy" || !ABOUT_THE_FILE.includes(reply.status)) return { reply, open: rows };
  submission.tally.answers += 1;
  const { status, message } = reply;
  return { reply: { kind: "answer", value: { kind: "split", rows, refused: { status, message } } }, open: rows };
}
