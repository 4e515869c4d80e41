import type { RejectRecord } from "../domain/report.ts";
import { generalReason } from "./general-reason.ts";

/** More kinds than this are no longer kinds; the rest is counted together. */
const MAX_REASONS = 200;
const OTHER = "other reasons";

/** Rejects by general reason, the most frequent first. Memory does not grow with the rejects. */
export async function countRejects(
  pages: AsyncIterable<readonly RejectRecord[]>,
): Promise<Readonly<Record<string, number>>> {
  const counts = new Map<string, number>();
  for await (const page of pages) {
    for (const { reason, externalId } of page) {
      const message = generalReason(reason, externalId);
      const known = counts.has(message) || counts.size < MAX_REASONS ? message : OTHER;
      counts.set(known, (counts.get(known) ?? 0) + 1);
    }
  }
  return Object.fromEntries([...counts].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1)));
}
