import type { PartDevice } from "../ledger/registration.ts";
import type { Reply } from "../platform/platform.ts";
import { askEach } from "./ask-each.ts";
import type { Submission } from "./submission.ts";

/**
 * Which of these devices the platform has, external id and user both: the truth about an attempt whose
 * answer never came. Ends with the first question that stays without an answer.
 */
export async function readBack(
  submission: Submission,
  rows: readonly PartDevice[],
): Promise<Reply<ReadonlySet<string>>> {
  const { platform, tenant, halted } = submission;
  const present = new Set<string>();
  const silent = await askEach(rows, halted, async (row, signal) => {
    const id = await platform.hasExternalId(row.idType, row.externalId, signal);
    if (id.kind !== "answer" || !id.value) return id;
    const user = await platform.hasDeviceUser(tenant, row.externalId, signal);
    if (user.kind === "answer" && user.value) present.add(row.externalId);
    return user;
  });
  return silent ?? { kind: "answer", value: present };
}
