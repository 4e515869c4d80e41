import { existsSync } from "node:fs";
import { ensureFolder, remove, replaceFile, SHARED_FILE, startReplacement } from "../../disk/durable.ts";
import type { LotLayout } from "../../disk/layout.ts";
import type { LotReport } from "../../domain/report.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { devicesCsv } from "../../report/devices-csv.ts";
import { rejectsCsv } from "../../report/rejects-csv.ts";
import { reportHtml } from "../../report/report-html.ts";
import { reportJson } from "../../report/report-json.ts";

/** Writes what the MES, the operator and the scheduler read about a lot; each file appears whole. */
export async function writeOutputs(ledger: Ledger, lot: LotLayout, report: LotReport): Promise<void> {
  ensureFolder(lot.folder);
  await writePieces(lot.devicesCsv, devicesCsv(ledger.devices(report.lot)));
  if (Object.keys(report.rejects).length > 0) {
    const headers = (await ledger.manifests(report.lot)).map((manifest) => manifest.header);
    await writePieces(lot.rejects, rejectsCsv(report.lot, headers, ledger.rejects(report.lot)));
  } else if (existsSync(lot.rejects)) remove(lot.rejects);
  replaceFile(lot.reportJson, reportJson(report), SHARED_FILE);
  replaceFile(lot.reportHtml, reportHtml(report), SHARED_FILE);
}

async function writePieces(path: string, pieces: AsyncIterable<string>): Promise<void> {
  const replacement = startReplacement(path, SHARED_FILE);
  try {
    for await (const piece of pieces) replacement.write(piece);
  } catch (error) {
    replacement.discard();
    throw error;
  }
  replacement.commit();
}
