import { dropLayout } from "../disk/layout.ts";
import type { Ledger, LotRecord } from "../ledger/ledger.ts";
import { countRejects } from "../report/count-rejects.ts";
import { type LotStatus, statusText, type WorkStatus, workText } from "../report/status-text.ts";
import { requireLot } from "../run/adopt-job.ts";
import { readClaims } from "../watch/claims.ts";
import type { CliContext } from "./context.ts";

/** `lotmint status`: a line a lot, from the ledger alone. */
export async function showStatus(asked: string | undefined, context: CliContext): Promise<number> {
  return context.withLedgerToRead(async (ledger) => {
    const lot = asked === undefined ? undefined : (await requireLot(ledger, asked)).lot;
    const lots = (await ledger.lots()).filter(({ name }) => lot === undefined || name === lot);
    const statuses = await Promise.all(lots.map((record) => statusOf(ledger, record)));
    const work = workOf(context, statuses).filter((file) => lot === undefined || file.lot === lot);
    context.printJson(
      statuses.map(({ lot: { name, issuer, lastExitCode, lastRunAtMs, heldBy }, counts, rejects }) => ({
        lot: name,
        issuer,
        counts,
        rejects,
        lastExitCode,
        lastRunAt: lastRunAtMs === null ? null : new Date(lastRunAtMs).toISOString(),
        heldBy: heldBy === null ? null : { host: heldBy.host, pid: heldBy.pid },
        inWork: work
          .filter((file) => file.lot === name)
          .map(({ file, sinceMs, reason }) => ({ file, since: new Date(sinceMs).toISOString(), reason })),
      })),
    );
    context.print(statusText(statuses, context) + workText(work, context));
    return 0;
  });
}

/** The files in input/work: what the watcher found each to wait for, or that its lot runs, or that its turn comes. */
function workOf({ home }: CliContext, statuses: readonly LotStatus[]): readonly WorkStatus[] {
  const running = new Set(statuses.filter(({ lot }) => lot.heldBy !== null).map(({ lot }) => lot.name));
  return readClaims(dropLayout(home)).map(({ name, lot, claimedAtMs, waiting }): WorkStatus => {
    const about = { file: name, lot, sinceMs: waiting?.sinceMs ?? claimedAtMs };
    if (lot !== null && running.has(lot)) return { ...about, reason: "its lot is running" };
    if (waiting !== undefined) return { ...about, reason: `${waiting.reason}; it is tried again by itself` };
    return { ...about, reason: "it waits for its turn, or for lotmint watch to be started" };
  });
}

async function statusOf(ledger: Ledger, lot: LotRecord): Promise<LotStatus> {
  const rejects = Object.values(await countRejects(ledger.rejects(lot.name)));
  return { lot, counts: await ledger.countByStage(lot.name), rejects: rejects.reduce((sum, of) => sum + of, 0) };
}
