import type { RejectRecord } from "../domain/report.ts";
import { generalReason } from "./general-reason.ts";

/** More kinds than this are no longer kinds; the rest is counted together. */
const MAX_REASONS = 200;
const OTHER = "other reasons";

/** Counts rejects by general reason as they come. Memory does not grow with them. */
export interface RejectCounter {
  add(reject: Pick<RejectRecord, "reason" | "externalId">): void;
  /** The most frequent first. */
  counts(): Readonly<Record<string, number>>;
}

export function rejectCounter(): RejectCounter {
  const counts = new Map<string, number>();
  return {
    add: ({ reason, externalId }) => {
      const message = generalReason(reason, externalId);
      const known = counts.has(message) || counts.size < MAX_REASONS ? message : OTHER;
      counts.set(known, (counts.get(known) ?? 0) + 1);
    },
    counts: () => Object.fromEntries([...counts].sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))),
  };
}

/** Rejects by general reason, the most frequent first. Memory does not grow with the rejects. */
export async function countRejects(
  pages: AsyncIterable<readonly RejectRecord[]>,
): Promise<Readonly<Record<string, number>>> {
  const counter = rejectCounter();
  for await (const page of pages) for (const reject of page) counter.add(reject);
  return counter.counts();
}
