import type { Ledger } from "../ledger/ledger.ts";
import type { LotRecord } from "../ledger/lots.ts";
import { countRejects } from "../report/count-rejects.ts";
import { type LotStatus, statusText } from "../report/status-text.ts";
import { requireJob } from "../run/adopt-job.ts";
import type { CliContext } from "./context.ts";

/** `lotmint status`: a line a lot, from the ledger alone. */
export async function showStatus(lot: string | undefined, context: CliContext): Promise<number> {
  return context.withLedgerToRead(async (ledger) => {
    if (lot !== undefined) await requireJob(ledger, lot);
    const lots = (await ledger.lots()).filter(({ name }) => lot === undefined || name === lot);
    const statuses = await Promise.all(lots.map((record) => statusOf(ledger, record)));
    context.printJson(
      statuses.map(({ lot: { name, issuer, lastExitCode, lastRunAtMs, heldBy }, counts, rejects }) => ({
        lot: name,
        issuer,
        counts,
        rejects,
        lastExitCode,
        lastRunAt: lastRunAtMs === null ? null : new Date(lastRunAtMs).toISOString(),
        heldBy: heldBy === null ? null : { host: heldBy.host, pid: heldBy.pid },
      })),
    );
    context.print(statusText(statuses, { colour: context.colour }));
    return 0;
  });
}

async function statusOf(ledger: Ledger, lot: LotRecord): Promise<LotStatus> {
  const rejects = Object.values(await countRejects(ledger.rejects(lot.name)));
  return { lot, counts: await ledger.countByStage(lot.name), rejects: rejects.reduce((sum, of) => sum + of, 0) };
}
