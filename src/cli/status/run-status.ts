import { existsSync, readFileSync } from "node:fs";
import { jobFromJson } from "../../config/job-json.ts";
import { dropLayout } from "../../disk/layout.ts";
import { isPoolLow } from "../../domain/key-pool.ts";
import { foldLotName } from "../../domain/lot.ts";
import { remainingWork } from "../../domain/remaining-work.ts";
import { STAGES } from "../../domain/stage.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LotRecord } from "../../ledger/lots.ts";
import { countRejects } from "../../report/count-rejects.ts";
import {
  type LotStatus,
  type PoolStatus,
  poolText,
  statusText,
  stoppedText,
  type WorkStatus,
  workText,
} from "../../report/status-text.ts";
import { requireLot } from "../../run/lot/record-job.ts";
import { shellWord, type UncheckedLot, uncheckedLots } from "../../run/lot/restored-home.ts";
import { type Claim, readClaims } from "../../watch/claims.ts";
import { STOPPED_WORD } from "../../watch/result-text.ts";
import type { LookContext } from "../look-context.ts";

/** `lotmint status`: a line a lot, from the ledger alone. */
export async function runStatus(asked: string | undefined, context: LookContext): Promise<number> {
  return context.withLedgerToRead(async (ledger) => {
    const lot = asked === undefined ? undefined : (await requireLot(ledger, asked)).lot;
    const lots = (await ledger.lots()).filter(({ name }) => lot === undefined || name === lot);
    const stopped = (await ledger.stoppedLots()).map((stop) => stop.lot);
    const isStopped = new Set(stopped);
    const statuses = await Promise.all(
      lots.map(async (record) => ({ ...(await statusOf(ledger, record)), stopped: isStopped.has(record.name) })),
    );
    const unbegun = lot === undefined ? stopped.filter((name) => !lots.some((record) => record.name === name)) : [];
    const open = (await uncheckedLots(context.home, ledger)).filter((one) => lot === undefined || one.lot === lot);
    const toCheck = new Set(open.map((one) => one.lot));
    const work = (await workOf(context, statuses, new Set(stopped.map(foldLotName)))).filter(
      (file) => lot === undefined || file.lot === lot,
    );
    const pool = lot === undefined ? await poolOf(context, ledger) : [];
    context.printJson([
      ...statuses.map(({ lot: { name, issuer, lastExitCode, lastRunAtMs, heldBy }, counts, rejects, remaining }) => ({
        lot: name,
        issuer,
        devices: STAGES.reduce((sum, stage) => sum + counts[stage], 0),
        counts,
        rejects,
        remaining,
        lastExitCode,
        lastRunAt: lastRunAtMs === null ? null : new Date(lastRunAtMs).toISOString(),
        unchecked: toCheck.has(name),
        stopped: isStopped.has(name),
        heldBy: heldBy === null ? null : { host: heldBy.host, pid: heldBy.pid },
        inWork: work
          .filter((file) => file.lot === name)
          .map(({ file, sinceMs, reason }) => ({ file, since: new Date(sinceMs).toISOString(), reason })),
      })),
      ...(pool.length === 0 ? [] : [{ keyPool: pool }]),
      ...(unbegun.length === 0 ? [] : [{ stoppedBeforeFirstRun: unbegun }]),
    ]);
    context.print(
      statusText(statuses, context) + workText(work, context) + stoppedText(unbegun) + poolText(pool, context),
    );
    if (open.length > 0) context.print(uncheckedText(open));
    return 0;
  });
}

/** The key pool, where the site asks for one. The site's file is read only then: most homes have none. */
async function poolOf({ home }: LookContext, ledger: Ledger): Promise<readonly PoolStatus[]> {
  if (!existsSync(home.siteFile) || !readFileSync(home.siteFile, "utf8").includes("keyPool")) return [];
  const { readSite } = await import("../../config/read-site.ts");
  const { poolCounts } = await import("../keys/fill-home-pool.ts");
  const { keyPool = {} } = readSite(home);
  const counts = await poolCounts(home, keyPool, await ledger.identity(), (act) => act(ledger));
  return counts.map((count) => ({ ...count, low: isPoolLow(count.available, count.wanted) }));
}

/** After a restore: what keeps anything from being signed, and the commands that end that. */
function uncheckedText(open: readonly UncheckedLot[]): string {
  const lines = open.flatMap(({ lot, known }) => {
    const check = `lotmint check ${shellWord(lot)}`;
    return known ? [`  ${check}`, `    if its output is lost: ${check} --write-off --reason TEXT`] : [`  ${check}`];
  });
  return ["This home was restored: nothing is signed until these lots have been checked.", ...lines].join("\n");
}

/** The files in input/work: what the watcher found each to wait for, or that its lot runs, or that its turn comes. */
async function workOf(
  context: LookContext,
  statuses: readonly LotStatus[],
  stopped: ReadonlySet<string>,
): Promise<readonly WorkStatus[]> {
  const running = new Set(statuses.filter(({ lot }) => lot.heldBy !== null).map(({ lot }) => lot.name));
  return (await claimsIn(context)).map(({ name, lot, claimedAtMs, waiting }): WorkStatus => {
    const about = { file: name, lot, sinceMs: waiting?.sinceMs ?? claimedAtMs };
    if (lot !== null && running.has(lot)) return { ...about, reason: "its lot is running" };
    if (lot !== null && stopped.has(foldLotName(lot))) return { ...about, reason: STOPPED_WORD };
    if (waiting !== undefined) return { ...about, reason: `${waiting.reason}; it is tried again by itself` };
    return { ...about, reason: "it waits for its turn, or for lotmint watch to be started" };
  });
}

/** The drop folder may be a share that is not mounted; the status of the lots is shown without it. */
async function claimsIn({ home, openLog }: LookContext): Promise<readonly Claim[]> {
  const drop = dropLayout(home);
  try {
    return readClaims(drop);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    (await openLog()).warn({ reason }, `${drop.work} cannot be listed: ${reason}`);
    return [];
  }
}

async function statusOf(ledger: Ledger, lot: LotRecord): Promise<LotStatus> {
  const rejects = Object.values(await countRejects(ledger.rejects(lot.name)));
  const counts = await ledger.countByStage(lot.name);
  const [signer] = (await ledger.lotIssuers(lot.name)).toReversed();
  return {
    lot: { ...lot, issuer: signer ?? lot.issuer },
    counts,
    rejects: rejects.reduce((sum, of) => sum + of, 0),
    remaining: remainingWork(counts, jobFromJson(lot.jobJson)),
  };
}
