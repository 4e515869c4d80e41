import { readFileSync } from "node:fs";
import { lotLayout } from "../../disk/layout.ts";
import type { Job } from "../../domain/job.ts";
import type { LotReport } from "../../domain/report.ts";
import { describeLot, SUBJECT_NOTE } from "./describe-lot.ts";
import type { RunTools } from "./run-tools.ts";
import { writeOutputs } from "./write-outputs.ts";

/**
 * Writes a lot's reports again from the ledger. What only the last run could know (its times, its rate,
 * what it had to say, the code that it ended with) is taken over from report.json where that is still there.
 */
export async function rewriteReports(
  tools: Pick<RunTools, "ledger" | "home" | "now">,
  lot: string,
  job: Job,
): Promise<LotReport> {
  const { ledger, home } = tools;
  const nowMs = tools.now();
  const layout = lotLayout(home, lot, job.secrets.folder);
  const walked = { startedAtMs: nowMs, stages: {}, notes: [], faults: [], minted: 0 };
  const fresh = await describeLot({ ledger, home, now: () => nowMs }, lot, job, walked);
  const last = readReport(layout.reportJson);
  const record = await ledger.lot(lot);
  const report: LotReport =
    last === undefined
      ? fresh
      : {
          ...fresh,
          startedAt: last.startedAt,
          endedAt: last.endedAt,
          stages: last.stages,
          rate: last.rate,
          // What stands in the ledger is told as it stands now.
          notes: [...fresh.notes, ...last.notes.filter((note) => !note.startsWith(SUBJECT_NOTE))],
        };
  const notes = [...new Set(report.notes)];
  const restated = { ...report, notes, exitCode: record?.lastExitCode ?? report.exitCode };
  await writeOutputs(ledger, layout, job, restated);
  return restated;
}

function readReport(path: string): LotReport | undefined {
  try {
    const report = JSON.parse(readFileSync(path, "utf8")) as LotReport;
    return report.version === 1 ? report : undefined;
  } catch {
    return undefined;
  }
}
