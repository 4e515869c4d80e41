import type { PartDevice } from "../ledger/registration.ts";
import type { Reply, Unanswered } from "../platform/platform.ts";
import { type RetryPolicy, retryWhileUncertain } from "../platform/retry.ts";
import type { Submission } from "./submission.ts";

/**
 * Which of these devices the platform has, external id and user both: the truth about an attempt whose
 * answer never came. Ends with the first question that stays without an answer.
 */
export async function readBack(
  submission: Submission,
  rows: readonly PartDevice[],
): Promise<Reply<ReadonlySet<string>>> {
  const { platform, tenant } = submission;
  const present = new Set<string>();
  const silent = await askEach(submission, rows, async (row, policy) => {
    const id = await retryWhileUncertain(
      () => platform.hasExternalId(row.idType, row.externalId, policy.signal),
      policy,
    );
    if (id.kind !== "answer" || !id.value) return id;
    const user = await retryWhileUncertain(() => platform.hasDeviceUser(tenant, row.externalId, policy.signal), policy);
    if (user.kind === "answer" && user.value) present.add(row.externalId);
    return user;
  });
  return silent ?? { kind: "answer", value: present };
}

/**
 * Asks the platform about each row, so many at a time. Stops asking at the first question that is left
 * without an answer, which is then returned.
 */
export async function askEach(
  { asking, retry, halted }: Submission,
  rows: readonly PartDevice[],
  ask: (row: PartDevice, policy: RetryPolicy) => Promise<Reply<unknown>>,
): Promise<Unanswered | undefined> {
  const stop = new AbortController();
  const policy = { ...retry, signal: AbortSignal.any([halted, stop.signal]) };
  let silent: Unanswered | undefined;
  await Promise.all(
    rows.map((row) =>
      asking(async () => {
        if (policy.signal.aborted) {
          silent ??= { kind: "unknown", message: "stopped before it was asked" };
          return;
        }
        const reply = await ask(row, policy);
        if (reply.kind === "answer" || silent !== undefined) return;
        silent = reply;
        stop.abort();
      }),
    ),
  );
  return silent;
}
