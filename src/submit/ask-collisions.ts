import type { PartDevice } from "../ledger/registration.ts";
import type { DeviceReject } from "../ledger/submission.ts";
import type { Unanswered } from "../platform/platform.ts";
import { askEach } from "./read-back.ts";
import { rejectRows, type Submission } from "./submission.ts";

/** Answers that are recorded together: what a kill makes us ask again. */
const ANSWERS_PER_RECORD = 200;

/** The rows that may be sent, or the reply that left the question open. */
export type Cleared =
  | { readonly kind: "cleared"; readonly rows: readonly PartDevice[] }
  | { readonly kind: "unasked"; readonly reply: Unanswered };

/**
 * Keeps rows from overwriting devices that are not ours: the platform does that without a word. Each id
 * is asked for once, before its first attempt; the answer is recorded and holds for ever, so that a
 * device rejected for it stays so, also when it is sent again.
 */
export async function askCollisions(submission: Submission, rows: readonly PartDevice[]): Promise<Cleared> {
  if (submission.collisions === "ledger") return { kind: "cleared", rows };
  const known = new Map(rows.map((row) => [row.externalId, row.presentBefore]));
  const unasked = rows.filter((row) => row.presentBefore === null && !row.sentBefore);
  for (let start = 0; start < unasked.length; start += ANSWERS_PER_RECORD) {
    const silent = await askSome(submission, unasked.slice(start, start + ANSWERS_PER_RECORD), known);
    if (silent !== undefined) return { kind: "unasked", reply: silent };
  }
  const asked = rows.map((row) => ({ ...row, presentBefore: known.get(row.externalId) ?? null }));
  const foreign = asked.filter((row) => row.presentBefore === true && !row.sentBefore);
  await rejectRows(submission, foreign.map(collision));
  return { kind: "cleared", rows: asked.filter((row) => !foreign.includes(row)) };
}

async function askSome(
  submission: Submission,
  rows: readonly PartDevice[],
  known: Map<string, boolean | null>,
): Promise<Unanswered | undefined> {
  const { ledger, lease, platform } = submission;
  const answers: { readonly externalId: string; readonly present: boolean }[] = [];
  const silent = await askEach(submission, rows, async (row, signal) => {
    const reply = await platform.hasExternalId(row.idType, row.externalId, signal);
    if (reply.kind === "answer") answers.push({ externalId: row.externalId, present: reply.value });
    return reply;
  });
  if (answers.length > 0) await ledger.recordCollisions(lease, answers);
  for (const { externalId, present } of answers) known.set(externalId, present);
  return silent;
}

function collision({ externalId, idType }: PartDevice): DeviceReject {
  return {
    externalId,
    reason: `the platform already has a device with ${idType} ${externalId} that this lot did not register`,
  };
}
