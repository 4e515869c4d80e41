import type { Plan, PlannedBatch } from "../domain/plan.ts";

/**
 * What a manifest's decisions come to. `lotIds` are the ids that the lot holds; those that the manifest
 * no longer names are told as gone, unless it is a mended rejects file, which never names them all.
 */
export async function summarizePlan(
  lot: string,
  batches: AsyncIterable<PlannedBatch>,
  lotIds: AsyncIterable<readonly string[]>,
  mended: boolean,
): Promise<Plan> {
  const counts = { rows: 0, mint: 0, register: 0, keep: 0, rejected: 0 };
  const needsRemint: string[] = [];
  const named = new Set<string>();
  for await (const { decisions, rejected } of batches) {
    const kept = new Set<string>();
    for (const decision of decisions) {
      const externalId = decision.kind === "keep" ? decision.externalId : decision.device.externalId;
      kept.add(externalId);
      if (decision.kind === "needs-remint") needsRemint.push(externalId);
      else counts[decision.kind]++;
    }
    for (const { externalId } of rejected) named.add(externalId);
    for (const externalId of kept) named.add(externalId);
    counts.rejected += rejected.length;
    counts.rows += kept.size + rejected.length;
  }
  const gone: string[] = [];
  if (!mended) {
    for await (const ids of lotIds) gone.push(...ids.filter((id) => !named.has(id)));
  }
  return { lot, ...counts, needsRemint, gone };
}
