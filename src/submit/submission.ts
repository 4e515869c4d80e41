import type { LotLayout } from "../disk/layout.ts";
import type { Submit } from "../domain/job.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotLease } from "../ledger/locks.ts";
import type { PartDevice } from "../ledger/registration.ts";
import type { Platform } from "../platform/platform.ts";
import type { RetryPolicy } from "../platform/retry.ts";

/** What of the ledger a submission uses. */
export type SubmissionLedger = Pick<
  Ledger,
  | "heartbeat"
  | "parts"
  | "partDevices"
  | "recordCollisions"
  | "openUpload"
  | "closeUpload"
  | "openUploads"
  | "rejectDevices"
>;

/** What of a `retrying` platform a submission uses. */
export type SubmissionPlatform = Pick<Platform, "registerBulk" | "hasExternalId" | "hasDeviceUser" | "whenFree">;

/** One lot's submission under way: what its steps share. */
export interface Submission {
  readonly ledger: SubmissionLedger;
  readonly lease: LotLease;
  readonly platform: SubmissionPlatform;
  readonly layout: LotLayout;
  readonly tenant: string;
  readonly collisions: Submit["collisions"];
  /** For uploads, which the platform's own retrying leaves alone. Its signal is `halted`. */
  readonly retry: RetryPolicy;
  /** Aborted when nothing new shall be sent: a signal, a refusal, a platform that is down. */
  readonly halted: AbortSignal;
  readonly tally: Tally;
}

/** What has come out so far; the steps add to it. */
export interface Tally {
  confirmed: number;
  rejected: number;
  /** Uploads that the platform answered, whatever the answer: shows that it takes them. */
  answers: number;
  readonly overwritten: Set<string>;
  /** Told after every record of an outcome. */
  readonly changed: () => void;
}

/** Devices rejected outside an upload, recorded and counted. */
export async function rejectRows(
  submission: Submission,
  rejects: readonly { readonly externalId: string; readonly reason: string }[],
): Promise<void> {
  if (rejects.length === 0) return;
  await submission.ledger.rejectDevices(submission.lease, rejects);
  submission.tally.rejected += rejects.length;
  submission.tally.changed();
}

/**
 * Whether a device's being there shows that an attempt of ours took its row: only if it was not there
 * before, and if we have not registered it before under an older row.
 */
export function shownByPresence({ collisions }: Pick<Submission, "collisions">, row: PartDevice): boolean {
  return !row.confirmedBefore && (row.presentBefore === false || collisions === "ledger");
}
