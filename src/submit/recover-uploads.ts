import type { PartDevice } from "../ledger/registration.ts";
import { replyMessage } from "../platform/reply-error.ts";
import { recoverUnknown } from "./recover-attempt.ts";
import type { Submission } from "./submission.ts";
import { type PartOutcome, READING_BACK } from "./submit-part.ts";

/**
 * Finds out what became of attempts without a recorded answer, which a killed run left or a platform
 * that fell silent: they are unknown until they are read back. Sends nothing.
 */
export async function recoverUploads(submission: Submission): Promise<PartOutcome> {
  const { ledger, lease } = submission;
  for (const { upload, part, externalIds } of await ledger.openUploads(lease.lot)) {
    const devices = new Map((await ledger.partDevices(lease.lot, part)).map((device) => [device.externalId, device]));
    // A device that has moved on to a later part is sent again with that part, whatever became of this row.
    const rows = externalIds.map((id) => devices.get(id)).filter((row): row is PartDevice => row !== undefined);
    const { reply } = await recoverUnknown(submission, upload, rows, new Set(), {
      kind: "unknown",
      message: "the run ended before the answer was recorded",
    });
    if (reply.kind !== "answer" || (reply.value.kind !== "silent" && reply.value.kind !== "refused")) continue;
    const { kind } = reply.value;
    return { kind, message: replyMessage(reply.value.reply, READING_BACK) };
  }
  return { kind: "settled" };
}
