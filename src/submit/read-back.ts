import type { PartDevice } from "../ledger/registration.ts";
import type { Reply, Unanswered } from "../platform/platform.ts";
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
  const silent = await askEach(submission, rows, async (row, signal) => {
    const id = await platform.hasExternalId(row.idType, row.externalId, signal);
    if (id.kind !== "answer" || !id.value) return id;
    const user = await platform.hasDeviceUser(tenant, row.externalId, signal);
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
  { asking, halted }: Submission,
  rows: readonly PartDevice[],
  ask: (row: PartDevice, signal: AbortSignal) => Promise<Reply<unknown>>,
): Promise<Unanswered | undefined> {
  const stop = new AbortController();
  const signal = AbortSignal.any([halted, stop.signal]);
  let silent: Unanswered | undefined;
  await Promise.all(
    rows.map((row) =>
      asking(async () => {
        if (signal.aborted) {
          silent ??= { kind: "unknown", message: "stopped before it was asked" };
          return;
        }
        const reply = await ask(row, signal);
        if (reply.kind === "answer" || silent !== undefined) return;
        silent = reply;
        stop.abort();
      }),
    ),
  );
  return silent;
}
