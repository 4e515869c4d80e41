import { existsSync } from "node:fs";
import { commitFilled, ensureFolder, remove, replaceFile, SHARED_FILE, startReplacement } from "../../disk/durable.ts";
import type { LotLayout } from "../../disk/layout.ts";
import type { Job } from "../../domain/job.ts";
import type { LotReport, RejectRecord } from "../../domain/report.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { devicesCsv } from "../../report/devices-csv.ts";
import { rejectsCsv, rejectsMode } from "../../report/rejects-csv.ts";
import { REJECTS_SHOWN, reportHtml } from "../../report/report-html.ts";
import { reportJson } from "../../report/report-json.ts";

/** Writes what the MES, the operator and the scheduler read about a lot; each file appears whole. */
export async function writeOutputs(
  ledger: Ledger,
  lot: LotLayout,
  job: Pick<Job, "secretColumns">,
  report: LotReport,
): Promise<void> {
  ensureFolder(lot.folder);
  await writePieces(lot.devicesCsv, devicesCsv(ledger.devices(report.lot)));
  let shown: readonly RejectRecord[] = [];
  let readers = SHARED_FILE;
  if (Object.keys(report.rejects).length > 0) {
    const manifests = await ledger.manifests(report.lot);
    const options = { lot: report.lot, manifests, secretColumns: job.secretColumns };
    // The page shows rows too: it is as private as they are.
    readers = rejectsMode(manifests);
    await writePieces(lot.rejects, rejectsCsv(options, ledger.rejects(report.lot)), readers);
    shown = await firstRejects(ledger, report.lot);
  } else if (existsSync(lot.rejects)) remove(lot.rejects);
  replaceFile(lot.reportHtml, reportHtml(report, shown), readers);
  // Last: by it the next run judges whether the other files were written.
  replaceFile(lot.reportJson, reportJson(report), SHARED_FILE);
}

async function firstRejects(ledger: Ledger, lot: string): Promise<readonly RejectRecord[]> {
  const first: RejectRecord[] = [];
  for await (const page of ledger.rejects(lot)) {
    first.push(...page.slice(0, REJECTS_SHOWN - first.length));
    if (first.length >= REJECTS_SHOWN) break;
  }
  return first;
}

async function writePieces(
  path: string,
  pieces: AsyncIterable<string | Uint8Array>,
  mode: number = SHARED_FILE,
): Promise<void> {
  await commitFilled(startReplacement(path, mode), async (write) => {
    for await (const piece of pieces) write(piece);
  });
}
