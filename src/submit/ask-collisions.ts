import { announceStep } from "../disk/announce-step.ts";
import type { LotLease } from "../ledger/locks.ts";
import type { PartDevice } from "../ledger/registration.ts";
import type { DeviceReject, UnaskedDevice } from "../ledger/submission.ts";
import type { Unanswered } from "../platform/platform.ts";
import { askEach } from "./ask-each.ts";
import { recordInSets } from "./record-in-sets.ts";
import { rejectRows, type Submission, type SubmissionLedger, type SubmissionPlatform } from "./submission.ts";

/** The rows that may be sent, or the reply that left the question open. */
export type Cleared =
  | { readonly kind: "cleared"; readonly rows: readonly PartDevice[] }
  | { readonly kind: "unasked"; readonly reply: Unanswered };

/** What asking takes. */
export interface PresenceQuestions {
  readonly ledger: Pick<SubmissionLedger, "recordCollisions">;
  readonly lease: LotLease;
  /** A `retrying` one. */
  readonly platform: Pick<SubmissionPlatform, "hasExternalId">;
  /** Aborted when nothing shall be asked any more. */
  readonly halted: AbortSignal;
}

/** What came of some questions. */
export interface PresenceOutcome {
  /** Devices that were rejected before they were minted. */
  readonly rejected: number;
  /** The reply that ended it; the devices that are left are asked for later. */
  readonly silent?: Unanswered;
}

/**
 * Asks the platform for each of these devices, once, and records the answers in sets. A device that is there and not minted
 * yet is rejected with its answer's record; of one that is minted the answer stands in its row.
 */
export async function askPresence(
  { ledger, lease, platform, halted }: PresenceQuestions,
  devices: AsyncIterable<UnaskedDevice> | Iterable<UnaskedDevice>,
  onAnswer: (externalId: string, present: boolean) => void = () => undefined,
): Promise<PresenceOutcome> {
  let rejected = 0;
  const answers = recordInSets(async (set) => {
    announceStep("collisions-answered");
    rejected += (await ledger.recordCollisions(lease, set)).length;
    for (const { externalId, present } of set) onAnswer(externalId, present);
  });
  const silent = await askEach(devices, halted, async (device, signal) => {
    const { externalId, idType } = device;
    const reply = await platform.hasExternalId(idType, externalId, signal);
    if (reply.kind !== "answer") return reply;
    const present = reply.value;
    await answers.add({ externalId, present, ...(present && { reason: collision(device).reason }) });
    return reply;
  });
  await answers.flush();
  return { rejected, ...(silent !== undefined && { silent }) };
}

/**
 * Keeps rows from overwriting devices that are not ours: the platform does that without a word. Each id
 * is asked for once, before its first attempt; the answer is recorded and holds for ever, so that a
 * device rejected for it stays so, also when it is sent again.
 */
export async function askCollisions(submission: Submission, rows: readonly PartDevice[]): Promise<Cleared> {
  if (submission.collisions === "ledger") return { kind: "cleared", rows };
  const known = new Map(rows.map((row) => [row.externalId, row.presentBefore]));
  const unasked = rows.filter((row) => row.presentBefore === null && !row.sentBefore);
  const { silent } = await askPresence(submission, unasked, (externalId, present) => known.set(externalId, present));
  if (silent !== undefined) return { kind: "unasked", reply: silent };
  const asked = rows.map((row) => ({ ...row, presentBefore: known.get(row.externalId) ?? null }));
  const foreign = asked.filter((row) => row.presentBefore === true && !row.sentBefore);
  await rejectRows(submission, foreign.map(collision));
  return { kind: "cleared", rows: asked.filter((row) => !foreign.includes(row)) };
}

function collision({ externalId, idType }: UnaskedDevice): DeviceReject {
  return {
    externalId,
    reason: `the platform already has a device with ${idType} ${externalId} that this lot did not register`,
  };
}
