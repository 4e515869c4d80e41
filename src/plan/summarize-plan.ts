import { randomInt } from "node:crypto";
import { makeIdTable } from "../domain/id-table.ts";
import type { DecidedBatch, LotForecast } from "../domain/plan.ts";
import { type RemainingJob, remainingWork } from "../domain/remaining-work.ts";
import { STAGES, type Stage } from "../domain/stage.ts";

export interface PlanToSummarize {
  readonly lot: string;
  readonly job: RemainingJob;
  readonly batches: AsyncIterable<DecidedBatch>;
  /** The ids that the lot holds; asked for twice. */
  readonly lotIds: () => AsyncIterable<readonly string[]>;
  /** Its devices by stage. */
  readonly counts: Readonly<Record<Stage, number>>;
  /** True for a rejects file that came back: it never names all of the lot's ids. */
  readonly corrected: boolean;
  /** Asked once all rows have been read: true for a file that the lot has taken in already, with which a run does nothing. */
  readonly takenIn: () => boolean;
}

const GONE = 0;
const NAMED = 1;

/**
 * What a manifest's decisions come to, and what a run would do with the whole lot. Ids of the lot that the manifest
 * does not name, in any case, are told as gone.
 */
export async function summarizePlan(input: PlanToSummarize): Promise<LotForecast> {
  const { lot, job, corrected } = input;
  const counts = { rows: 0, mint: 0, register: 0, keep: 0, rejected: 0 };
  const after = { ...input.counts };
  const needsRemint: string[] = [];
  const held = makeIdTable([randomInt(2 ** 32), randomInt(2 ** 32)]);
  if (!corrected) for await (const ids of input.lotIds()) for (const id of ids) held.set(id, GONE);
  const name = (externalId: string) => {
    if (held.size > 0 && held.get(externalId) === GONE) held.set(externalId, NAMED);
  };
  for await (const { decisions, rejected, taken, registered } of input.batches) {
    const kept = new Set<string>();
    for (const decision of decisions) {
      const externalId = decision.kind === "keep" ? decision.externalId : decision.device.externalId;
      kept.add(externalId);
      if (decision.kind === "needs-remint") needsRemint.push(externalId);
      else counts[decision.kind]++;
    }
    for (const { externalId } of rejected) name(externalId);
    for (const externalId of kept) name(externalId);
    counts.rejected += rejected.length;
    counts.rows += kept.size + rejected.length;
    after.planned += taken;
    for (const stage of STAGES) {
      after[stage] -= registered[stage] ?? 0;
      after.minted += registered[stage] ?? 0;
    }
  }
  const gone: string[] = [];
  if (!corrected) for await (const ids of input.lotIds()) gone.push(...ids.filter((id) => held.get(id) === GONE));
  const idle = input.takenIn();
  return {
    lot,
    ...counts,
    ...(idle && { mint: 0, register: 0, keep: counts.rows - counts.rejected }),
    needsRemint,
    gone,
    counts: input.counts,
    run: remainingWork(idle ? input.counts : after, job),
  };
}
